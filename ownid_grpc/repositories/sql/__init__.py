"""Accounts in an SQL database: SQLite, PostgreSQL and MariaDB."""
