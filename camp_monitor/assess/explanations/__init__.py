"""Alternative explanations of a finding, examined one by one."""
