"""What `cargo xtask generate` writes."""
