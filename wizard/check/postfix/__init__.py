"""main.cf and master.cf in force: parameters, restrictions, services and their backends."""
