"""What is in a pod's volumes before its containers start: files from objects, images, folders, paths of the machine."""
