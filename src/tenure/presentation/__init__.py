"""What people look at: pages and charts made from decided data."""
