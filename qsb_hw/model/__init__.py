"""The narrow waist: frozen data in rad/s that every platform produces and every solver takes."""
