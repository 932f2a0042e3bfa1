"""The yardstick of `bench share`: the same work as sharing's, once with nothing around it, once as first written."""
