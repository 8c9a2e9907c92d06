"""Component types: what a declaration means in Kubernetes objects, one file each."""
