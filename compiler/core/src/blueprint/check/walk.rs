//! Walks expressions: every reference with the names that are bound around it, and every literal text.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Body, Structure};
use hcl_edit::template::{Directive, Element, Template};
use hcl_edit::{Decorated, Ident};
use std::ops::Range;

/// A name with what follows it.
pub(in crate::blueprint) struct Reference<'a> {
    /// `var`, `local`, `google_project`, ...
    pub(in crate::blueprint) root: &'a Decorated<Ident>,
    /// What follows.
    pub(in crate::blueprint) operators: &'a [Decorated<TraversalOperator>],
    /// The `${...}` around it, if nothing else stands in it.
    pub(in crate::blueprint) interpolation: Option<Range<usize>>,
}

/// What is done with what is found.
pub(in crate::blueprint) trait Visit<'a> {
    /// A reference whose root is not bound by a `for` or a `dynamic` block.
    fn reference(&mut self, reference: &Reference<'a>);
    /// A function call.
    fn call(&mut self, _call: &'a FuncCall) {}
    /// A literal text.
    fn text(&mut self, _text: &'a str, _place: Option<Range<usize>>) {}
}

/// A walk: the names that are bound where it stands.
#[derive(Default)]
pub(in crate::blueprint) struct Walk<'a> {
    bound: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    /// Walks every expression of a body; `skip` leaves out attributes and blocks by name.
    pub(in crate::blueprint) fn body(
        &mut self,
        body: &'a Body,
        skip: &dyn Fn(&str) -> bool,
        visit: &mut dyn Visit<'a>,
    ) {
        for structure in body {
            match structure {
                Structure::Attribute(attribute) if !skip(attribute.key.value().as_str()) => {
                    self.expression(&attribute.value, visit);
                }
                Structure::Block(block) if block.ident.value().as_str() == "dynamic" => {
                    let label = block.labels.first().map_or("", |label| label.as_str());
                    self.dynamic(label, &block.body, visit);
                }
                Structure::Block(block) if !skip(block.ident.value().as_str()) => {
                    self.body(&block.body, &|_| false, visit);
                }
                Structure::Attribute(_) | Structure::Block(_) => {}
            }
        }
    }

    fn dynamic(&mut self, label: &'a str, body: &'a Body, visit: &mut dyn Visit<'a>) {
        let iterator = body.get_attribute("iterator").and_then(variable_name).unwrap_or(label);
        if let Some(each) = body.get_attribute("for_each") {
            self.expression(&each.value, visit);
        }
        self.bound.push(iterator);
        if let Some(labels) = body.get_attribute("labels") {
            self.expression(&labels.value, visit);
        }
        for content in body.get_blocks("content") {
            self.body(&content.body, &|_| false, visit);
        }
        self.bound.pop();
    }

    /// Walks an expression.
    pub(in crate::blueprint) fn expression(&mut self, expression: &'a Expression, visit: &mut dyn Visit<'a>) {
        match expression {
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) => {}
            Expression::String(text) => visit.text(text.value(), text.span()),
            Expression::Array(items) => items.iter().for_each(|item| self.expression(item, visit)),
            Expression::Object(entries) => {
                for (key, value) in entries {
                    match key {
                        // A bare word is a key, not a reference.
                        ObjectKey::Ident(_) | ObjectKey::Expression(Expression::Variable(_)) => {}
                        ObjectKey::Expression(key) => self.expression(key, visit),
                    }
                    self.expression(value.expr(), visit);
                }
            }
            Expression::StringTemplate(template) => self.elements(template.iter(), visit),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, visit),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), visit),
            Expression::Variable(name) => self.reference(name, &[], None, visit),
            Expression::Conditional(choice) => {
                self.expression(&choice.cond_expr, visit);
                self.expression(&choice.true_expr, visit);
                self.expression(&choice.false_expr, visit);
            }
            Expression::FuncCall(call) => {
                visit.call(call);
                call.args.iter().for_each(|argument| self.expression(argument, visit));
            }
            Expression::Traversal(traversal) => self.traversal(traversal, None, visit),
            Expression::UnaryOp(operation) => self.expression(&operation.expr, visit),
            Expression::BinaryOp(operation) => {
                self.expression(&operation.lhs_expr, visit);
                self.expression(&operation.rhs_expr, visit);
            }
            Expression::ForExpr(expression) => self.for_expression(expression, visit),
        }
    }

    fn traversal(&mut self, traversal: &'a Traversal, around: Option<Range<usize>>, visit: &mut dyn Visit<'a>) {
        for operator in &traversal.operators {
            if let TraversalOperator::Index(index) = operator.value() {
                self.expression(index, visit);
            }
        }
        match &traversal.expr {
            Expression::Variable(root) => self.reference(root, &traversal.operators, around, visit),
            inner => self.expression(inner, visit),
        }
    }

    fn reference(
        &mut self,
        root: &'a Decorated<Ident>,
        operators: &'a [Decorated<TraversalOperator>],
        interpolation: Option<Range<usize>>,
        visit: &mut dyn Visit<'a>,
    ) {
        if !self.bound.contains(&root.value().as_str()) {
            visit.reference(&Reference { root, operators, interpolation });
        }
    }

    fn template(&mut self, template: &'a Template, visit: &mut dyn Visit<'a>) {
        self.elements(template.iter(), visit);
    }

    fn elements(&mut self, elements: impl Iterator<Item = &'a Element>, visit: &mut dyn Visit<'a>) {
        for element in elements {
            match element {
                Element::Literal(_) => {}
                Element::Interpolation(interpolation) => match &interpolation.expr {
                    Expression::Variable(root) => self.reference(root, &[], interpolation.span(), visit),
                    Expression::Traversal(traversal) => self.traversal(traversal, interpolation.span(), visit),
                    inner => self.expression(inner, visit),
                },
                Element::Directive(directive) => self.directive(directive, visit),
            }
        }
    }

    fn directive(&mut self, directive: &'a Directive, visit: &mut dyn Visit<'a>) {
        match directive {
            Directive::If(choice) => {
                self.expression(&choice.if_expr.cond_expr, visit);
                self.template(&choice.if_expr.template, visit);
                if let Some(otherwise) = &choice.else_expr {
                    self.template(&otherwise.template, visit);
                }
            }
            Directive::For(each) => {
                self.expression(&each.for_expr.collection_expr, visit);
                let depth = self.bound.len();
                self.bound.extend(each.for_expr.key_var.iter().map(|name| name.value().as_str()));
                self.bound.push(each.for_expr.value_var.value().as_str());
                self.template(&each.for_expr.template, visit);
                self.bound.truncate(depth);
            }
        }
    }

    fn for_expression(&mut self, expression: &'a ForExpr, visit: &mut dyn Visit<'a>) {
        self.expression(&expression.intro.collection_expr, visit);
        let depth = self.bound.len();
        self.bound.extend(expression.intro.key_var.iter().map(|name| name.value().as_str()));
        self.bound.push(expression.intro.value_var.value().as_str());
        if let Some(key) = &expression.key_expr {
            self.expression(key, visit);
        }
        self.expression(&expression.value_expr, visit);
        if let Some(condition) = &expression.cond {
            self.expression(&condition.expr, visit);
        }
        self.bound.truncate(depth);
    }
}

/// The bare name that an attribute is set to: `iterator = host`, `provider = google-beta`.
pub(in crate::blueprint) fn variable_name(attribute: &Attribute) -> Option<&str> {
    match &attribute.value {
        Expression::Variable(name) => Some(name.value().as_str()),
        Expression::Traversal(traversal) => match &traversal.expr {
            Expression::Variable(name) => Some(name.value().as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// The name after a dot, with its place.
pub(in crate::blueprint) fn attribute_name(
    operator: &Decorated<TraversalOperator>,
) -> Option<(&str, Option<Range<usize>>)> {
    match operator.value() {
        TraversalOperator::GetAttr(name) => Some((name.value().as_str(), name.span())),
        _ => None,
    }
}
