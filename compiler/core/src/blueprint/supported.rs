//! What a `count` or `for_each` uses that cannot be evaluated at compile time.
//!
//! Input: an expression. Output: a problem for each name or function outside the documented ones, at that token; and
//! the locals it uses, whose expressions have to hold to the same.

use std::collections::BTreeSet;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, Template};

use super::function;

/// The findings of a walk.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The place in the file, and what is wrong there.
    pub(super) problems: Vec<(Range<usize>, String)>,
    /// The locals that the expression uses.
    pub(super) locals: BTreeSet<String>,
    bound: Vec<String>,
}

/// Walks an expression.
pub(super) fn check(expression: &Expression) -> Findings {
    let mut findings = Findings::default();
    findings.walk(expression);
    findings
}

impl Findings {
    fn walk(&mut self, expression: &Expression) {
        match expression {
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => {}
            Expression::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Expression::Object(entries) => {
                for (key, value) in entries {
                    self.key(key);
                    self.walk(value.expr());
                }
            }
            Expression::StringTemplate(template) => self.template(template),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => self.walk(inner.inner()),
            Expression::Variable(name) => self.root(name.value().as_str(), None, name.span()),
            Expression::Conditional(choice) => {
                self.walk(&choice.cond_expr);
                self.walk(&choice.true_expr);
                self.walk(&choice.false_expr);
            }
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => self.walk(&operation.expr),
            Expression::BinaryOp(operation) => {
                self.walk(&operation.lhs_expr);
                self.walk(&operation.rhs_expr);
            }
            Expression::ForExpr(expression) => self.for_expression(expression),
        }
    }

    fn key(&mut self, key: &ObjectKey) {
        match key {
            ObjectKey::Ident(_) | ObjectKey::Expression(Expression::Variable(_)) => {}
            ObjectKey::Expression(expression) => self.walk(expression),
        }
    }

    fn template(&mut self, template: &Template) {
        for element in template {
            match element {
                Element::Literal(_) => {}
                Element::Interpolation(interpolation) => self.walk(&interpolation.expr),
                Element::Directive(directive) => {
                    self.problem(directive.span(), "template directives are not evaluated here");
                }
            }
        }
    }

    fn call(&mut self, call: &FuncCall) {
        let name = call.name.name.value().as_str();
        if call.name.is_namespaced() || !function::NAMES.contains(&name) {
            let near = crate::diag::suggest(name, function::NAMES.iter().copied());
            let near = near.map(|near| format!("; `{near}` is known")).unwrap_or_default();
            self.problem(call.name.name.span(), &format!("the function `{name}` is not evaluated here{near}"));
        }
        call.args.iter().for_each(|argument| self.walk(argument));
    }

    fn traversal(&mut self, traversal: &Traversal) {
        for operator in &traversal.operators {
            if let TraversalOperator::Index(index) = operator.value() {
                self.walk(index);
            }
        }
        let Expression::Variable(name) = &traversal.expr else {
            return self.walk(&traversal.expr);
        };
        let first = match traversal.operators.first().map(|operator| operator.value()) {
            Some(TraversalOperator::GetAttr(first)) => Some(first.value().as_str()),
            _ => None,
        };
        self.root(name.value().as_str(), first, name.span());
    }

    fn root(&mut self, root: &str, first: Option<&str>, place: Option<Range<usize>>) {
        if self.bound.iter().any(|bound| bound == root) {
            return;
        }
        match (root, first) {
            ("var", Some(_)) => {}
            ("local", Some(name)) => {
                self.locals.insert(name.to_owned());
            }
            _ => self.problem(place, "expected a variable, a local or a literal"),
        }
    }

    fn for_expression(&mut self, expression: &ForExpr) {
        self.walk(&expression.intro.collection_expr);
        let depth = self.bound.len();
        self.bound.extend(expression.intro.key_var.iter().map(|name| name.value().as_str().to_owned()));
        self.bound.push(expression.intro.value_var.value().as_str().to_owned());
        if let Some(key) = &expression.key_expr {
            self.walk(key);
        }
        self.walk(&expression.value_expr);
        if let Some(condition) = &expression.cond {
            self.walk(&condition.expr);
        }
        self.bound.truncate(depth);
    }

    fn problem(&mut self, place: Option<Range<usize>>, text: &str) {
        self.problems.push((place.unwrap_or_default(), text.to_owned()));
    }
}
