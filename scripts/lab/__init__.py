"""A laboratory of throwaway EL-like hosts on one Debian machine: see README.md beside this file."""
