"""The section `certificate`: its sources, and the steps of each."""
