"""Content of messages and call scripts: Jinja templates over declared variables, checked before they are published."""

from tenure.services.content.checking import Problem, check_template
from tenure.services.content.rendering import Rendered, Renderer
from tenure.services.content.values import Product, Sender, facts_for, sample_facts

__all__ = ["Problem", "Product", "Rendered", "Renderer", "Sender", "check_template", "facts_for", "sample_facts"]
