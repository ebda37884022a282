"""Reading of scenarios: text or parsed JSON in, values out, or a refusal that says where."""

from billing.simulation.reading.cases import Case, read_json, read_yaml, scenario_of

__all__ = ["Case", "read_json", "read_yaml", "scenario_of"]
