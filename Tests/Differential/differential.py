#!/usr/bin/env python3
"""Compares the JMESPath of this repository with jmespath-community from PyPI on random expressions and documents.

    pip install jmespath-community
    BENCHMARKS=1 swift build -c release --product expression-lines --scratch-path .build-bench
    Tests/Differential/differential.py .build-bench/release/expression-lines [COUNT [SEED]]

Every difference is either explained by a rule below, each with its reason, or printed. Exit status 1
if any is left unexplained.
"""

import collections
import json
import math
import random
import re
import subprocess
import sys
import warnings

import jmespath
from jmespath import exceptions

warnings.simplefilter("ignore")

NAMES = ["a", "b", "c", "foo", "bar", "n", "s", "list", "x_1"]
TEXTS = ["", "a", "b", "abc", "foo bar", "é", "e\u0301", "\U0001F600x", "aXbXc", " pad ", "10", "-1.5", "x"]
NUMBERS = [0, 1, 2, 3, -1, 7, 10, 1.5, -2.5, 0.0, 100, 2.0]
UNARY = ["abs", "avg", "ceil", "floor", "keys", "length", "lower", "max", "min", "reverse", "sort", "sum",
         "to_array", "to_number", "to_string", "trim", "trim_left", "trim_right", "type", "upper", "values", "items"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def document(self, depth=3):
        r = self.random
        kind = r.randrange(10 if depth else 6)
        if kind == 0:
            return None
        if kind == 1:
            return r.random() < 0.5
        if kind in (2, 3):
            return r.choice(NUMBERS)
        if kind in (4, 5):
            return r.choice(TEXTS)
        if kind in (6, 7):
            if r.random() < 0.4:  # arrays of one kind are what most functions take
                return [r.choice(r.choice([NUMBERS, TEXTS])) for _ in range(r.randrange(5))] if r.random() < .3 \
                    else [r.choice(pool) for pool in [r.choice([NUMBERS, TEXTS])] for _ in range(r.randrange(5))]
            return [self.document(depth - 1) for _ in range(r.randrange(4))]
        return {r.choice(NAMES): self.document(depth - 1) for _ in range(r.randrange(5))}

    def literal(self):
        text = json.dumps(self.document(1), ensure_ascii=self.random.random() < 0.5)
        return "`" + text.replace("`", "\\`") + "`"

    def raw(self):
        return "'" + self.random.choice(TEXTS).replace("\\", "\\\\").replace("'", "\\'") + "'"

    def name(self):
        name = self.random.choice(NAMES)
        return f'"{name}"' if self.random.random() < 0.1 else name

    def slice(self):
        r = self.random
        parts = [str(r.randrange(-4, 5)) if r.random() < 0.6 else "" for _ in range(2)]
        step = str(r.choice([-2, -1, 1, 2])) if r.random() < 0.4 else None
        return "[" + ":".join(parts + ([step] if step is not None else [])) + "]"

    def expression(self, depth, variables=()):
        r = self.random
        if depth <= 0:
            leaves = ["name", "name", "name", "current", "literal", "raw", "root", "star"]
            if variables:
                leaves += ["variable", "variable"]
            kind = r.choice(leaves)
            return {"name": self.name, "current": lambda: "@", "literal": self.literal, "raw": self.raw,
                    "root": lambda: "$", "star": lambda: "*",
                    "variable": lambda: "$" + r.choice(variables)}[kind]()
        sub = lambda: self.expression(depth - 1 - r.randrange(2), variables)
        kind = r.randrange(20)
        if kind <= 1:
            return sub() + "." + r.choice([self.name(), self.name(), "*", "[" + sub() + "]", "{k: " + sub() + "}"])
        if kind == 2:
            return sub() + "[" + str(r.randrange(-3, 4)) + "]"
        if kind == 3:
            return sub() + self.slice() + (r.choice(["", "." + self.name()]))
        if kind == 4:
            return sub() + "[*]" + r.choice(["", "." + self.name(), "[0]"])
        if kind == 5:
            return sub() + "[]" + r.choice(["", "." + self.name()])
        if kind == 6:
            return sub() + "[?" + sub() + "]" + r.choice(["", "." + self.name()])
        if kind == 7:
            return sub() + r.choice([" | ", "|"]) + sub()
        if kind == 8:
            return sub() + r.choice([" || ", " && "]) + sub()
        if kind == 9:
            return "!" + sub()
        if kind == 10:
            return sub() + " " + r.choice(["==", "!=", "<", "<=", ">", ">="]) + " " + sub()
        if kind == 11:
            return sub() + " " + r.choice(["+", "-", "×", "÷", "/", "//", "%"]) + " " + sub()
        if kind == 12:
            return "[" + ", ".join(sub() for _ in range(1 + r.randrange(3))) + "]"
        if kind == 13:
            return "{" + ", ".join(f"{self.name()}: {sub()}" for _ in range(1 + r.randrange(3))) + "}"
        if kind == 14:
            return "(" + sub() + ")"
        if kind == 15:
            name = r.choice(["v", "w"])
            return f"let ${name} = {sub()} in " + self.expression(depth - 1, variables + (name,))
        if kind == 16:
            return r.choice(["-", "+"]) + sub()
        return self.call(sub)

    def call(self, sub):
        r = self.random
        number = lambda: f"`{r.choice([0, 1, 2, 3, -1, 5])}`"
        kind = r.randrange(12)
        if kind <= 3:
            return f"{r.choice(UNARY)}({sub()})"
        if kind == 4:
            return r.choice([f"{n}({sub()}, &{sub()})" for n in ("sort_by", "max_by", "min_by", "group_by")])
        if kind == 5:
            return f"map(&{sub()}, {sub()})"
        if kind == 6:
            return f"{r.choice(['contains', 'starts_with', 'ends_with'])}({sub()}, {sub()})"
        if kind == 7:
            bounds = "".join(f", {number()}" for _ in range(r.randrange(3)))
            return f"{r.choice(['find_first', 'find_last'])}({sub()}, {r.choice([sub(), self.raw()])}{bounds})"
        if kind == 8:
            return r.choice([f"split({sub()}, {self.raw()}{r.choice(['', ', ' + number()])})",
                             f"replace({sub()}, {self.raw()}, {self.raw()}{r.choice(['', ', ' + number()])})",
                             f"join({self.raw()}, {sub()})"])
        if kind == 9:
            return f"{r.choice(['pad_left', 'pad_right'])}({sub()}, {number()}{r.choice(['', ', ' + self.raw()])})"
        if kind == 10:
            return f"{r.choice(['trim', 'trim_left', 'trim_right'])}({sub()}, {self.raw()})"
        return f"{r.choice(['merge', 'zip', 'not_null'])}({', '.join(sub() for _ in range(1 + r.randrange(2)))})"

    def mangled(self, text):
        """The same with a few characters changed: what is refused matters as much."""
        r = self.random
        characters = list(text)
        for _ in range(1 + r.randrange(2)):
            place = r.randrange(len(characters) + 1)
            action = r.randrange(3)
            if action == 0:
                characters.insert(place, r.choice(list("[](){}.,:@$&|!=<>*'\"`-+/%? a1")))
            elif characters and action == 1:
                characters.pop(min(place, len(characters) - 1))
            elif characters:
                characters[min(place, len(characters) - 1)] = r.choice(list("[](){}.,:@$&|!=<>*'\"`-+/%? a1"))
        return "".join(characters)


def reference(expression, document):
    """The result of jmespath-community: ("value", v), ("error", code) or ("failure", exception)."""
    try:
        value = jmespath.search(expression, document)
        json.dumps(value)
        return "value", value
    except exceptions.UnknownFunctionError:
        return "error", "unknown-function"
    except exceptions.ArityError:
        return "error", "invalid-arity"
    except exceptions.JMESPathTypeError:
        return "error", "invalid-type"
    except exceptions.UndefinedVariable:
        return "error", "undefined-variable"
    except (exceptions.ParseError, exceptions.LexerError, exceptions.EmptyExpressionError):
        return "error", "syntax"
    except exceptions.JMESPathError:
        return "error", "invalid-value"
    except RecursionError:
        return "failure", "RecursionError"
    except Exception as failure:  # it lets Python's own errors through
        return "failure", type(failure).__name__


def same(left, right):
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right or math.isclose(left, right, rel_tol=1e-12)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return type(left) is type(right) and left == right


def holds_reference(tree, inside=False):
    """Whether `&` stands anywhere but before an argument."""
    if tree.get("type") == "expref" and not inside:
        return True
    return any(holds_reference(child, tree.get("type") == "function_expression")
               for child in tree.get("children", []) if isinstance(child, dict))


def has(tree, types):
    return tree.get("type") in types or any(
        has(child, types) for child in tree.get("children", []) if isinstance(child, dict))


def calls(tree, names):
    return tree.get("type") == "function_expression" and tree.get("value") in names or any(
        calls(child, names) for child in tree.get("children", []) if isinstance(child, dict))


def negated_path(tree):
    """Whether a path, bracket or projection has a `!` on its left."""
    left = next((c for c in tree.get("children", []) if isinstance(c, dict)), None)
    reaches = ("subexpression", "index_expression", "projection", "value_projection", "filter_projection", "flatten")
    if tree.get("type") in reaches and left is not None and left.get("type") == "not_expression":
        return True
    return any(negated_path(child) for child in tree.get("children", []) if isinstance(child, dict))


# Messages of this parser where the reference accepts a missing comma, or one too many.
COMMA = re.compile(r"expected (`,` or `[)}]`|an expression, found `\)`|a member name, found `}`)")
OPERAND = re.compile(r"^`(\+|-|\*|/|//|%)` needs a number")


def reason(expression, theirs, ours):
    """The known reason for a difference; None if there is none."""
    kind, value = theirs
    code, message = ours.get("error"), ours.get("message", "")
    try:
        tree = jmespath.compile(expression).parsed
    except Exception:
        return unparsed_reason(expression, code, ours)
    if holds_reference(tree):
        return "& outside of an argument is refused, as in the grammar"
    if negated_path(tree):
        return "! reaches over paths and brackets"
    if code == "syntax":
        return syntax_reason(expression, message)
    if ours.get("static"):
        return "a call is checked when the expression is read, even where it would not be reached"
    if code == "not-a-number":
        return "overflow and division by zero are errors"
    if OPERAND.match(message):
        return "arithmetic is for numbers only; Python adds texts and arrays, and repeats them"
    if has(tree, ("arithmetic",)) and "'multiply'" in str(tree) and "*" in expression:
        return "`*` of the reference binds to the right and tighter than the other operators"
    if kind == "failure":
        return failure_reason(value, code, tree)
    return value_reason(code, tree)


def unparsed_reason(expression, code, ours):
    """The reference does not accept it as an expression."""
    if "?" in expression and (code is None or code != "syntax"):
        return "ternary (JEP-21), which the reference does not have"
    if code is not None and ours.get("static"):
        return "both refuse; a call is checked before the rest is read"
    if "*" in expression:
        return "`*` behind a projection multiplies"
    return None


def syntax_reason(expression, message):
    if COMMA.search(message):
        return "a comma too many or too few is refused, as in the grammar"
    if "in the brackets" in message:
        return "a list behind a projection needs a dot, as in the grammar"
    if "in a slice" in message:
        return "two numbers for one bound of a slice are refused, as in the grammar"
    if "literal in backticks" in message or "double quotes" in message:
        return "JSON in an expression is read as strictly as an event"
    return None


def failure_reason(name, code, tree):
    """The reference raises an error of Python itself."""
    if code is not None:
        return f"both refuse, the reference with Python's {name}"
    if has(tree, ("comparator",)) and name == "TypeError":
        return "a number and a text have no order: null, where the reference fails with Python's TypeError"
    if calls(tree, ("contains",)) and name == "TypeError":
        return "a text contains nothing but texts, where the reference fails with Python's TypeError"
    return None


def value_reason(code, tree):
    if code == "invalid-type" and calls(tree, ("merge", "zip")):
        return "every argument of a variadic function is checked, not only the first"
    if calls(tree, ("sort_by", "max_by", "min_by")) and code == "invalid-type":
        return "keys of two types have no order, for one element too"
    if calls(tree, ("to_number",)):
        return "to_number takes what JSON spells as a number"
    if calls(tree, ("to_string",)):
        return "to_string leaves characters as they are, where the reference escapes them"
    if has(tree, ("arithmetic",)) or calls(tree, ("avg",)):
        return "an exact quotient is an integer, which shows in texts"
    if calls(tree, ("upper", "lower", "trim", "trim_left", "trim_right")):
        return "cases and white space of another version of Unicode"
    return None


def main():
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    generator = Generator(seed)
    pairs = []
    while len(pairs) < count:
        expression = generator.expression(1 + generator.random.randrange(4))
        if generator.random.random() < 0.15:
            expression = generator.mangled(expression)
        if expression.strip():
            pairs.append((expression, generator.document(4)))
    lines = "".join(json.dumps({"expression": e, "document": d}) + "\n" for e, d in pairs)
    answers = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == count, (len(answers), count)
    tally, unexplained = collections.Counter(), 0
    for (expression, document), answer in zip(pairs, answers):
        ours = json.loads(answer)
        theirs = reference(expression, document)
        if theirs[0] == "value" and "result" in ours and same(theirs[1], ours["result"]):
            tally["same value"] += 1
        elif theirs[0] == "error" and theirs[1] == ours.get("error"):
            tally["same error"] += 1
        else:
            why = reason(expression, theirs, ours)
            tally[why or "UNEXPLAINED"] += 1
            if why is None:
                unexplained += 1
                if unexplained <= 20:
                    print(json.dumps({"expression": expression, "document": document, "theirs": theirs, "ours": ours},
                                     ensure_ascii=False, default=str)[:1000])
    for why, number in tally.most_common():
        print(f"{number:8} {why}")
    sys.exit(1 if unexplained else 0)


main()
