"""The archive for an auditor: how it is written, described and checked; pure."""
