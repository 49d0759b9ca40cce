"""The connector in front of a user database that was there first."""
