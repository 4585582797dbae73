"""What people see in the browser. Knows pods, never Docker or Kubernetes."""
