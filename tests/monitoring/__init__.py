"""What watches over the engine: figures, rules, dashboards, probes."""
