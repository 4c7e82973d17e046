"""Stacks of networks: layers, gradients, memory layout, CUDA graphs."""
