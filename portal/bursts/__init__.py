"""Load bursts: profiles, the engine that sends them, the runner that follows them, their record."""
