"""A plan in the words of other tools: Terraform, CloudFormation, AWS CLI scripts, and a summary for people."""
