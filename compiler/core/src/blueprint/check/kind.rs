//! The types of expressions, as far as they are known without values.
//!
//! Input: an expression and what the blueprint declares. Output: a type; [`Type::Dynamic`] where it is not known.

use std::collections::BTreeMap;

use aipress_provider::{Block as Offer, Nesting, Type};
use hcl_edit::Decorated;
use hcl_edit::expr::{BinaryOperator, Expression, FuncCall, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::template::Element;

use super::module::{Mode, Module, Repeated};
use super::walk::attribute_name;
use crate::blueprint::data::Data;
use crate::blueprint::types;

/// Where an expression stands.
pub(super) struct Scope<'s, 'a> {
    module: &'s Module<'a>,
    /// The type of `each.value`.
    each: Type,
    /// The locals that are being looked at: one that is made of itself has no type.
    open: Vec<&'s str>,
}

/// Why a reference leads nowhere: the number of the operator, and what stands before it.
pub(super) struct Lost {
    pub(super) at: usize,
    pub(super) before: Type,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The scope of a resource with this `for_each`, or of anything without one.
    pub(super) fn new(module: &'s Module<'a>, for_each: Option<&'s Expression>) -> Self {
        let mut scope = Self { module, each: Type::Dynamic, open: Vec::new() };
        scope.each = match for_each.map(|expression| scope.infer(expression)) {
            Some(Type::Map(value) | Type::Set(value)) => *value,
            _ => Type::Dynamic,
        };
        scope
    }

    /// Infers the type of an expression.
    pub(super) fn infer(&mut self, expression: &'s Expression) -> Type {
        match expression {
            Expression::Bool(_) => Type::Bool,
            Expression::Number(_) => Type::Number,
            Expression::String(_) | Expression::HeredocTemplate(_) => Type::String,
            Expression::Null(_) | Expression::ForExpr(_) => Type::Dynamic,
            Expression::Array(items) => Type::Tuple(items.iter().map(|item| self.infer(item)).collect()),
            Expression::Object(entries) => self.object(entries.iter().map(|(key, value)| (key, value.expr()))),
            Expression::StringTemplate(template) => {
                let mut elements = template.iter();
                match (elements.next(), elements.next()) {
                    (Some(Element::Interpolation(only)), None) => self.infer(&only.expr),
                    _ => Type::String,
                }
            }
            Expression::Parenthesis(inner) => self.infer(inner.inner()),
            Expression::Variable(_) => Type::Dynamic,
            Expression::Conditional(choice) => {
                let (yes, no) = (self.infer(&choice.true_expr), self.infer(&choice.false_expr));
                if yes == no { yes } else { Type::Dynamic }
            }
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => match &traversal.expr {
                Expression::Variable(root) => {
                    self.reference(root.value().as_str(), &traversal.operators).unwrap_or(Type::Dynamic)
                }
                _ => Type::Dynamic,
            },
            Expression::UnaryOp(operation) => match operation.operator.value() {
                UnaryOperator::Not => Type::Bool,
                UnaryOperator::Neg => Type::Number,
            },
            Expression::BinaryOp(operation) => match operation.operator.value() {
                BinaryOperator::Plus
                | BinaryOperator::Minus
                | BinaryOperator::Mul
                | BinaryOperator::Div
                | BinaryOperator::Mod => Type::Number,
                _ => Type::Bool,
            },
        }
    }

    fn object(&mut self, entries: impl Iterator<Item = (&'s ObjectKey, &'s Expression)>) -> Type {
        let mut fields = BTreeMap::new();
        for (key, value) in entries {
            let name = match key {
                ObjectKey::Ident(name) => name.value().as_str().to_owned(),
                ObjectKey::Expression(Expression::Variable(name)) => name.value().as_str().to_owned(),
                ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                ObjectKey::Expression(_) => return Type::Dynamic,
            };
            fields.insert(name, self.infer(value));
        }
        Type::Object(fields)
    }

    fn call(&mut self, call: &'s FuncCall) -> Type {
        let argument = |scope: &mut Self| call.args.get(0).map_or(Type::Dynamic, |first| scope.infer(first));
        let item = |kind: Type| match kind {
            Type::List(item) | Type::Set(item) => item,
            Type::Tuple(items) => Box::new(common(items)),
            _ => Box::new(Type::Dynamic),
        };
        let list_of = |kind: Type| Type::List(Box::new(kind));
        match call.name.name.value().as_str() {
            "jsonencode" | "yamlencode" | "join" | "format" | "lower" | "upper" | "title" | "replace" | "trimspace"
            | "trim" | "trimprefix" | "trimsuffix" | "substr" | "strrev" | "indent" | "chomp" | "base64encode"
            | "base64decode" | "base64gzip" | "base64sha256" | "base64sha512" | "sha1" | "sha256" | "sha512"
            | "md5" | "tostring" | "templatefile" | "file" | "filebase64" | "filemd5" | "filesha256" | "cidrhost"
            | "cidrsubnet" | "cidrnetmask" | "formatdate" | "timeadd" | "timestamp" | "plantimestamp" | "uuid"
            | "uuidv5" | "urlencode" | "basename" | "dirname" | "abspath" | "pathexpand" => Type::String,
            "length" | "tonumber" | "max" | "min" | "abs" | "ceil" | "floor" | "parseint" | "sum" | "log" | "pow"
            | "signum" | "index" => Type::Number,
            "contains" | "tobool" | "can" | "alltrue" | "anytrue" | "startswith" | "endswith" | "strcontains"
            | "fileexists" | "issensitive" => Type::Bool,
            "keys" | "split" | "compact" | "sort" | "formatlist" | "cidrsubnets" => list_of(Type::String),
            "range" => list_of(Type::Number),
            "flatten" | "values" | "setproduct" | "chunklist" | "regexall" => list_of(Type::Dynamic),
            "toset" => Type::Set(item(argument(self))),
            "tolist" | "distinct" | "reverse" | "slice" => Type::List(item(argument(self))),
            "concat" => {
                let items: Vec<Type> = call.args.iter().map(|argument| *item(self.infer(argument))).collect();
                list_of(common(items))
            }
            "sensitive" | "nonsensitive" => argument(self),
            _ => Type::Dynamic,
        }
    }

    /// Follows a reference.
    ///
    /// # Errors
    /// The first operator that leads nowhere.
    pub(super) fn reference(
        &mut self,
        root: &str,
        operators: &'s [Decorated<TraversalOperator>],
    ) -> Result<Type, Lost> {
        let name = |at: usize| operators.get(at).and_then(attribute_name).map(|(name, _)| name);
        let (used, start) = match (root, name(0)) {
            ("var", Some(first)) => (1, self.module.variables.get(first).cloned().unwrap_or(Type::Dynamic)),
            ("local", Some(first)) => (1, self.local(first)),
            ("each", Some("key")) => (1, Type::String),
            ("each", Some("value")) => (1, self.each.clone()),
            ("count", Some("index")) => (1, Type::Number),
            ("data", Some(kind)) => (2, self.thing(Mode::Data, kind, name(1))),
            ("ephemeral", Some(kind)) => (2, self.thing(Mode::Ephemeral, kind, name(1))),
            (kind, Some(first)) => (1, self.thing(Mode::Resource, kind, Some(first))),
            _ => return Ok(Type::Dynamic),
        };
        // Of a thing made by `for_each` one has to be taken by its key, though a map's values can be had with a dot, too.
        let is_thing = !["var", "local", "each", "count"].contains(&root);
        match (operators.get(used).map(|operator| operator.value()), &start) {
            (Some(TraversalOperator::GetAttr(_)), Type::Map(_)) if is_thing => Err(Lost { at: used, before: start }),
            _ => follow(start, operators.get(used..).unwrap_or_default(), used),
        }
    }

    fn local(&mut self, name: &'s str) -> Type {
        let module = self.module;
        let Some(local) = module.locals.get(name) else { return Type::Dynamic };
        if self.open.contains(&name) || self.open.len() > 16 {
            return Type::Dynamic;
        }
        self.open.push(name);
        let each = std::mem::replace(&mut self.each, Type::Dynamic);
        let kind = self.infer(local.value);
        self.each = each;
        self.open.pop();
        kind
    }

    fn thing(&self, mode: Mode, kind: &str, name: Option<&str>) -> Type {
        let declared = name.and_then(|name| self.module.find(mode, kind, name));
        let Some((declared, offer)) = declared.and_then(|declared| Some((declared, declared.offer()?))) else {
            return Type::Dynamic;
        };
        let one = offered(offer);
        match declared.repeated {
            Repeated::No => one,
            Repeated::Count => Type::List(Box::new(one)),
            Repeated::Each => Type::Map(Box::new(one)),
        }
    }
}

fn follow(mut kind: Type, operators: &[Decorated<TraversalOperator>], offset: usize) -> Result<Type, Lost> {
    for (at, operator) in operators.iter().enumerate() {
        let lost = |before: Type| Lost { at: offset + at, before };
        kind = match (operator.value(), kind) {
            (_, Type::Dynamic) => return Ok(Type::Dynamic),
            (TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_), before) => {
                let item = match before {
                    Type::List(item) | Type::Set(item) => *item,
                    Type::Tuple(items) => common(items),
                    other => other,
                };
                let rest = operators.get(at + 1..).unwrap_or_default();
                return follow(item, rest, offset + at + 1).map(|item| Type::List(Box::new(item)));
            }
            (TraversalOperator::GetAttr(name), Type::Object(mut fields)) => {
                match fields.remove(name.value().as_str()) {
                    Some(field) => field,
                    None => return Err(lost(Type::Object(fields))),
                }
            }
            (TraversalOperator::GetAttr(_) | TraversalOperator::Index(_), Type::Map(value)) => *value,
            (TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_), Type::List(item)) => *item,
            (TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_), Type::Tuple(items)) => common(items),
            (TraversalOperator::Index(Expression::String(key)), Type::Object(mut fields)) => {
                match fields.remove(key.value()) {
                    Some(field) => field,
                    None => return Err(lost(Type::Object(fields))),
                }
            }
            // `tomap` of an object, and a `for` over it, are written this way, too.
            (TraversalOperator::Index(Expression::Traversal(_) | Expression::Variable(_)), Type::Object(_)) => {
                return Ok(Type::Dynamic);
            }
            (_, before) => return Err(lost(before)),
        };
    }
    Ok(kind)
}

fn common(mut items: Vec<Type>) -> Type {
    let last = items.pop().unwrap_or(Type::Dynamic);
    if items.iter().all(|item| *item == last) { last } else { Type::Dynamic }
}

/// The type of a block's value.
pub(super) fn offered(offer: &Offer) -> Type {
    let attributes = offer.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.kind.clone()));
    let blocks = offer.blocks.iter().map(|(name, nested)| {
        let one = Box::new(offered(&nested.block));
        let kind = match nested.nesting {
            Nesting::Single | Nesting::Group => *one,
            Nesting::List => Type::List(one),
            Nesting::Set => Type::Set(one),
            Nesting::Map => Type::Map(one),
        };
        (name.clone(), kind)
    });
    Type::Object(attributes.chain(blocks).collect())
}

/// The type that a variable's `type` names.
pub(super) fn declared(expression: &Expression) -> Type {
    types::Type::parse(expression, &|_| Ok(Data::Null)).map_or(Type::Dynamic, |parsed| convert(&parsed))
}

fn convert(kind: &types::Type) -> Type {
    let inner = |kind: &types::Type| Box::new(convert(kind));
    match kind {
        types::Type::Any => Type::Dynamic,
        types::Type::String => Type::String,
        types::Type::Number => Type::Number,
        types::Type::Bool => Type::Bool,
        types::Type::List(item) => Type::List(inner(item)),
        types::Type::Set(item) => Type::Set(inner(item)),
        types::Type::Map(value) => Type::Map(inner(value)),
        types::Type::Tuple(items) => Type::Tuple(items.iter().map(convert).collect()),
        types::Type::Object(fields) => {
            Type::Object(fields.iter().map(|(name, field)| (name.clone(), convert(&field.ty))).collect())
        }
    }
}

/// Whether Terraform takes a value of one type where another is wanted; it converts texts, numbers and flags.
pub(super) fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::String | Type::Number | Type::Bool, Type::String) => true,
        (Type::String | Type::Number, Type::Number) | (Type::String | Type::Bool, Type::Bool) => true,
        (Type::List(item) | Type::Set(item), Type::List(wanted) | Type::Set(wanted)) => fits(item, wanted),
        (Type::Tuple(items), Type::List(wanted) | Type::Set(wanted)) => items.iter().all(|item| fits(item, wanted)),
        (Type::Map(value), Type::Map(wanted)) => fits(value, wanted),
        (Type::Object(fields), Type::Map(wanted)) => fields.values().all(|field| fits(field, wanted)),
        (Type::Map(value), Type::Object(fields)) => fields.values().all(|wanted| fits(value, wanted)),
        (Type::Object(found), Type::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_none_or(|found| fits(found, wanted)))
        }
        (Type::List(_) | Type::Set(_) | Type::Tuple(_), Type::Tuple(_)) => true,
        _ => false,
    }
}
