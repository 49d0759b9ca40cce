"""Makes calls as fast as they are answered, and checks each answer."""
