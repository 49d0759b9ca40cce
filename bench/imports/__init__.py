"""Measures imports and exports by the command, through kills, against single creates."""
