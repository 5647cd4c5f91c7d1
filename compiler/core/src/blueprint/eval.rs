//! Evaluates the expressions behind `count`, `for_each` and defaults.
//!
//! Input: an expression and the values of variables. Output: [`Data`], or what is wrong and where. What is known only
//! after apply stays [`Data::Unknown`] and spreads only as far as it matters.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator, UnaryOp,
    UnaryOperator,
};
use hcl_edit::template::{Element, Template};
use hcl_edit::{Decorated, Span as _};

use super::check::walk::{Reference, Visit, Walk, attribute_name};
use super::contract::{Contract, Repeat};
use super::data::Data;
use super::function;
use crate::emit::hcl::Number;
use crate::source::{SourceId, Span};

/// What cannot be evaluated, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EvalError {
    pub(super) text: String,
    pub(super) span: Span,
}

type Result<T> = std::result::Result<T, EvalError>;

/// The names an expression can see.
pub(super) struct Scope<'c> {
    contract: Option<&'c Contract>,
    variables: BTreeMap<String, Data>,
    done: BTreeMap<String, Data>,
    open: Vec<String>,
    bound: Vec<(String, Data)>,
    source: SourceId,
    /// Whether references and functions that are not evaluated become [`Data::Symbol`] instead of an error.
    symbolic: bool,
}

impl<'c> Scope<'c> {
    /// A scope without variables and locals.
    pub(super) fn constant(source: SourceId) -> Self {
        Self {
            contract: None,
            variables: BTreeMap::new(),
            done: BTreeMap::new(),
            open: Vec::new(),
            bound: Vec::new(),
            source,
            symbolic: false,
        }
    }

    /// The scope of a blueprint with the values of its variables.
    pub(super) fn new(contract: &'c Contract, variables: BTreeMap<String, Data>) -> Self {
        Self { contract: Some(contract), variables, ..Self::constant(SourceId::BUILT_IN) }
    }

    /// The same, for the comparison of what resources are given: nothing is unknown, only named.
    pub(super) fn symbolic(contract: &'c Contract, variables: BTreeMap<String, Data>) -> Self {
        Self { symbolic: true, ..Self::new(contract, variables) }
    }

    /// Evaluates with a name bound, such as `each` or the iterator of a `dynamic` block.
    pub(super) fn with_bound<T>(&mut self, name: &str, value: Data, run: impl FnOnce(&mut Self) -> T) -> T {
        self.bound.push((name.to_owned(), value));
        let result = run(self);
        self.bound.pop();
        result
    }

    /// Evaluates an expression that stands in a file.
    pub(super) fn evaluate_in(&mut self, source: SourceId, expression: &Expression) -> Result<Data> {
        let before = std::mem::replace(&mut self.source, source);
        let result = self.evaluate(expression);
        self.source = before;
        result
    }

    /// Evaluates an expression.
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Data> {
        match expression {
            Expression::Null(_) => Ok(Data::Null),
            Expression::Bool(flag) => Ok(Data::Bool(*flag.value())),
            Expression::Number(number) => Ok(Data::Number(literal_number(number.value()))),
            Expression::String(text) => Ok(Data::String(text.value().clone())),
            Expression::Array(items) => {
                items.iter().map(|item| self.evaluate(item)).collect::<Result<_>>().map(Data::List)
            }
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => self.template(template),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => self.evaluate(inner.inner()),
            Expression::Variable(name) => self.bound(name.value().as_str(), name.span()),
            Expression::Conditional(choice) => match self.evaluate(&choice.cond_expr)? {
                Data::Bool(true) => self.evaluate(&choice.true_expr),
                Data::Bool(false) => self.evaluate(&choice.false_expr),
                Data::Unknown => Ok(Data::Unknown),
                Data::Symbol(condition) => {
                    let (yes, no) = (self.evaluate(&choice.true_expr)?, self.evaluate(&choice.false_expr)?);
                    Ok(Data::Symbol(format!("if({condition}, {yes}, {no})")))
                }
                other => self.fail(&choice.cond_expr, &format!("expected true or false, found {}", other.describe())),
            },
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => self.unary(operation),
            Expression::BinaryOp(operation) => self.binary(operation),
            Expression::ForExpr(expression) => self.for_expression(expression),
        }
    }

    fn object(&mut self, object: &Object) -> Result<Data> {
        let mut entries = BTreeMap::new();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => name.value().as_str().to_owned(),
                ObjectKey::Expression(Expression::Variable(name)) => name.value().as_str().to_owned(),
                ObjectKey::Expression(expression) => match self.evaluate(expression)? {
                    Data::Unknown => return Ok(Data::Unknown),
                    Data::Symbol(symbol) => symbol,
                    key => match function::text(&key) {
                        Some(key) => key,
                        None => return self.fail(expression, &format!("expected a key, found {}", key.describe())),
                    },
                },
            };
            entries.insert(key, self.evaluate(value.expr())?);
        }
        Ok(Data::Map(entries))
    }

    fn template(&mut self, template: &Template) -> Result<Data> {
        let mut out = String::new();
        let mut named = false;
        for element in template {
            match element {
                Element::Literal(text) => out.push_str(text.as_str()),
                Element::Interpolation(interpolation) => match self.evaluate(&interpolation.expr)? {
                    Data::Unknown => return Ok(Data::Unknown),
                    Data::Symbol(symbol) => {
                        named = true;
                        out.push_str(&format!("${{{symbol}}}"));
                    }
                    value => match function::text(&value) {
                        Some(text) => out.push_str(&text),
                        None => {
                            let text = format!("{} has no text", value.describe());
                            return self.fail(&interpolation.expr, &text);
                        }
                    },
                },
                Element::Directive(directive) => {
                    return self.fail_at(directive.span(), "template directives are not evaluated here");
                }
            }
        }
        Ok(if named { Data::Symbol(out) } else { Data::String(out) })
    }

    fn bound(&mut self, name: &str, place: Option<Range<usize>>) -> Result<Data> {
        match self.bound.iter().rev().find(|(bound, _)| bound == name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.fail_at(place, &format!("`{name}` is not known here")),
        }
    }

    fn traversal(&mut self, traversal: &Traversal) -> Result<Data> {
        let mut operators = traversal.operators.as_slice();
        let mut value = match (&traversal.expr, operators.split_first()) {
            (Expression::Variable(root), Some((first, rest)))
                if !self.bound.iter().any(|(bound, _)| bound == root.value().as_str()) =>
            {
                let TraversalOperator::GetAttr(name) = first.value() else {
                    return self.fail_at(root.span(), "expected a variable or a local");
                };
                operators = rest;
                let (root, place, name) = (root.value().as_str(), name.span(), name.value().as_str());
                match self.collection(root, name, rest) {
                    Some(all) => all,
                    None => self.root(root, name, place)?,
                }
            }
            (expression, _) => self.evaluate(expression)?,
        };
        for (at, operator) in operators.iter().enumerate() {
            let operator = match operator.value() {
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    return self.splat(value, operators.get(at + 1..).unwrap_or_default());
                }
                other => other,
            };
            value = self.step(value, operator)?;
        }
        Ok(value)
    }

    fn root(&mut self, root: &str, name: &str, place: Option<Range<usize>>) -> Result<Data> {
        match root {
            "var" => match self.variables.get(name) {
                Some(value) => Ok(value.clone()),
                None => self.fail_at(place, &format!("the blueprint has no variable `{name}`")),
            },
            "local" => self.local(name, place),
            _ if self.symbolic => Ok(Data::Symbol(format!("{root}.{name}"))),
            _ => self.fail_at(place, &format!("`{root}.{name}` is not known at compile time")),
        }
    }

    /// All instances of a resource of which there may be several, where they are named together.
    fn collection(&mut self, kind: &str, name: &str, rest: &[Decorated<TraversalOperator>]) -> Option<Data> {
        let is_splat = |operator: &TraversalOperator| {
            matches!(operator, TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_))
        };
        if !self.symbolic || rest.first().is_some_and(|operator| !is_splat(operator.value())) {
            return None;
        }
        let contract = self.contract?;
        let resource = contract.resources.iter().find(|known| known.kind == kind && known.name == name)?;
        let (Repeat::Count(expression, span) | Repeat::ForEach(expression, span)) = &resource.repeat else {
            return None;
        };
        let base = format!("{kind}.{name}");
        if self.open.contains(&base) {
            return None;
        }
        self.open.push(base.clone());
        let bound = std::mem::take(&mut self.bound);
        let repeat = self.evaluate_in(span.source, expression);
        self.bound = bound;
        self.open.pop();
        let one = |key: &str| Data::Symbol(format!("{base}{}", super::predict::instance_key(key)));
        match (&resource.repeat, repeat.ok()?) {
            (Repeat::Count(..), Data::Number(Number::Integer(count))) => {
                Some(Data::List((0..count).map(|at| Data::Symbol(format!("{base}[{at}]"))).collect()))
            }
            (Repeat::ForEach(..), Data::Map(entries)) => {
                Some(Data::Map(entries.into_keys().map(|key| (key.clone(), one(&key))).collect()))
            }
            (Repeat::ForEach(..), Data::Set(items)) => {
                let entry = |item: &Data| function::text(item).map(|key| (key.clone(), one(&key)));
                items.iter().map(entry).collect::<Option<_>>().map(Data::Map)
            }
            _ => None,
        }
    }

    fn local(&mut self, name: &str, place: Option<Range<usize>>) -> Result<Data> {
        if let Some(value) = self.done.get(name) {
            return Ok(value.clone());
        }
        let Some((expression, span)) = self.contract.and_then(|contract| contract.locals.get(name)) else {
            return self.fail_at(place, &format!("the blueprint has no local `{name}`"));
        };
        if self.open.iter().any(|open| open == name) {
            return self.fail_at(place, &format!("the local `{name}` is made of itself"));
        }
        self.open.push(name.to_owned());
        let bound = std::mem::take(&mut self.bound);
        let value = self.evaluate_in(span.source, expression);
        self.bound = bound;
        self.open.pop();
        let value = value?;
        self.done.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn splat(&mut self, value: Data, rest: &[Decorated<TraversalOperator>]) -> Result<Data> {
        let items = match value {
            Data::Unknown => return Ok(Data::Unknown),
            Data::Symbol(symbol) => {
                let all = Data::Symbol(format!("{symbol}[*]"));
                return rest.iter().try_fold(all, |value, operator| self.step(value, operator.value()));
            }
            Data::Null => Vec::new(),
            Data::List(items) | Data::Set(items) => items,
            other => vec![other],
        };
        let each = |scope: &mut Self, item: Data| {
            rest.iter().try_fold(item, |value, operator| scope.step(value, operator.value()))
        };
        items.into_iter().map(|item| each(self, item)).collect::<Result<_>>().map(Data::List)
    }

    fn step(&mut self, value: Data, operator: &TraversalOperator) -> Result<Data> {
        let (key, place) = match operator {
            TraversalOperator::GetAttr(name) => (Data::String(name.value().as_str().to_owned()), name.span()),
            TraversalOperator::Index(index) => (self.evaluate(index)?, index.span()),
            TraversalOperator::LegacyIndex(index) => {
                (Data::integer(i64::try_from(*index.value()).unwrap_or(i64::MAX)), index.span())
            }
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                return self.fail_at(None, "one `*` in a reference is evaluated, not two");
            }
        };
        match (value, key) {
            (Data::Unknown, _) | (_, Data::Unknown) => Ok(Data::Unknown),
            (Data::Symbol(symbol), Data::String(key)) => Ok(Data::Symbol(match operator {
                TraversalOperator::GetAttr(_) => format!("{symbol}.{key}"),
                _ => format!("{symbol}{}", super::predict::instance_key(&key)),
            })),
            (Data::Symbol(symbol), Data::Number(Number::Integer(at))) => Ok(Data::Symbol(format!("{symbol}[{at}]"))),
            (Data::Symbol(symbol), key) => Ok(Data::Symbol(format!("{symbol}[{key}]"))),
            (value, Data::Symbol(key)) => Ok(Data::Symbol(format!("{value}[{key}]"))),
            (Data::Map(mut entries), Data::String(key)) => match entries.remove(&key) {
                Some(value) => Ok(value),
                None => self.fail_at(place, &format!("there is no field `{key}`")),
            },
            (Data::List(items), Data::Number(Number::Integer(at))) => {
                match usize::try_from(at).ok().and_then(|at| items.into_iter().nth(at)) {
                    Some(item) => Ok(item),
                    None => self.fail_at(place, &format!("there is no item {at}")),
                }
            }
            (value, _) => self.fail_at(place, &format!("{} has no fields or items here", value.describe())),
        }
    }

    fn unary(&mut self, operation: &UnaryOp) -> Result<Data> {
        match (*operation.operator.value(), self.evaluate(&operation.expr)?) {
            (_, Data::Unknown) => Ok(Data::Unknown),
            (operator, Data::Symbol(symbol)) => Ok(Data::Symbol(format!("{operator:?}({symbol})"))),
            (UnaryOperator::Not, Data::Bool(flag)) => Ok(Data::Bool(!flag)),
            (UnaryOperator::Neg, Data::Number(Number::Integer(number))) => Ok(Data::integer(number.saturating_neg())),
            (UnaryOperator::Neg, Data::Number(Number::Decimal(text))) => Ok(Data::Number(Number::Decimal(
                text.strip_prefix('-').map_or_else(|| format!("-{text}"), str::to_owned),
            ))),
            (_, other) => self.fail(&operation.expr, &format!("{} does not fit this operator", other.describe())),
        }
    }

    fn binary(&mut self, operation: &BinaryOp) -> Result<Data> {
        let left = self.evaluate(&operation.lhs_expr)?;
        let operator = *operation.operator.value();
        match (operator, &left) {
            (BinaryOperator::And, Data::Bool(false)) => return Ok(left),
            (BinaryOperator::Or, Data::Bool(true)) => return Ok(left),
            _ => {}
        }
        let right = self.evaluate(&operation.rhs_expr)?;
        match function::operate(operator, &left, &right) {
            Some(value) if !self.symbolic || value != Data::Unknown => Ok(value),
            _ if self.symbolic => Ok(Data::Symbol(format!("{operator:?}({left}, {right})"))),
            _ => {
                let text = format!("{} and {} do not fit this operator", left.describe(), right.describe());
                self.fail_at(operation.span(), &text)
            }
        }
    }

    fn call(&mut self, call: &FuncCall) -> Result<Data> {
        let name = call.name.name.value().as_str();
        match name {
            "can" => {
                let known = call.args.iter().all(|argument| self.evaluate(argument).is_ok());
                return Ok(Data::Bool(known));
            }
            "try" => {
                for argument in call.args.iter() {
                    if let Ok(value) = self.evaluate(argument) {
                        return Ok(value);
                    }
                }
                return self.fail_at(call.span(), "none of these can be evaluated");
            }
            _ => {}
        }
        let mut arguments: Vec<Data> =
            call.args.iter().map(|argument| self.evaluate(argument)).collect::<Result<_>>()?;
        if call.args.expand_final() {
            match arguments.pop() {
                Some(Data::List(items) | Data::Set(items)) => arguments.extend(items),
                Some(last) if self.symbolic => arguments.push(last),
                _ => return Ok(Data::Unknown),
            }
        }
        if self.symbolic {
            let symbol = format!("{name}({})", Data::List(arguments.clone()));
            return Ok(match function::call(name, arguments) {
                Ok(Data::Unknown) | Err(_) => Data::Symbol(symbol),
                Ok(value) => value,
            });
        }
        function::call(name, arguments).or_else(|text| self.fail_at(call.span(), &text))
    }

    fn for_expression(&mut self, expression: &ForExpr) -> Result<Data> {
        let pairs: Vec<(Data, Data)> = match self.evaluate(&expression.intro.collection_expr)? {
            Data::Unknown => return Ok(Data::Unknown),
            Data::Symbol(_) => return Ok(self.opaque(&Expression::from(expression.clone()))),
            Data::Map(entries) => entries.into_iter().map(|(key, value)| (Data::String(key), value)).collect(),
            Data::List(items) => (0..).map(Data::integer).zip(items).collect(),
            Data::Set(items) => items.into_iter().map(|item| (item.clone(), item)).collect(),
            other => {
                let text = format!("expected a collection, found {}", other.describe());
                return self.fail(&expression.intro.collection_expr, &text);
            }
        };
        let depth = self.bound.len();
        let result = self.rounds(expression, pairs);
        self.bound.truncate(depth);
        match result {
            Ok(Data::Unknown) if self.symbolic => Ok(self.opaque(&Expression::from(expression.clone()))),
            result => result,
        }
    }

    /// What an expression that is not evaluated stands for: its text, and the value of every name in it.
    pub(super) fn opaque(&mut self, expression: &Expression) -> Data {
        let mut names = Names::default();
        Walk::default().expression(expression, &mut names);
        let mut text = expression.to_string();
        for name in names.0 {
            let value = match name.split_once('.') {
                Some((root, name)) if !self.bound.iter().any(|(bound, _)| bound == root) => {
                    self.collection(root, name, &[]).map_or_else(|| self.root(root, name, None), Ok)
                }
                _ => self.bound(name.split('.').next().unwrap_or_default(), None),
            };
            text.push_str(&format!(" {name}={}", value.unwrap_or(Data::Unknown)));
        }
        Data::Symbol(text)
    }

    fn rounds(&mut self, expression: &ForExpr, pairs: Vec<(Data, Data)>) -> Result<Data> {
        let mut list = Vec::new();
        let mut map: BTreeMap<String, Data> = BTreeMap::new();
        for (key, value) in pairs {
            if let Some(name) = &expression.intro.key_var {
                self.bound.push((name.value().as_str().to_owned(), key));
            }
            self.bound.push((expression.intro.value_var.value().as_str().to_owned(), value));
            match expression.cond.as_ref().map(|condition| self.evaluate(&condition.expr)).transpose()? {
                None | Some(Data::Bool(true)) => {}
                Some(Data::Bool(false)) => continue,
                Some(_) => return Ok(Data::Unknown),
            }
            let value = self.evaluate(&expression.value_expr)?;
            let Some(key) = &expression.key_expr else {
                list.push(value);
                continue;
            };
            let Some(name) = function::text(&self.evaluate(key)?) else { return Ok(Data::Unknown) };
            match map.get_mut(&name) {
                Some(Data::List(items)) if expression.grouping => items.push(value),
                Some(_) => return self.fail(key, &format!("the key `{name}` comes up twice")),
                None if expression.grouping => drop(map.insert(name, Data::List(vec![value]))),
                None => drop(map.insert(name, value)),
            }
        }
        Ok(if expression.key_expr.is_some() { Data::Map(map) } else { Data::List(list) })
    }

    fn fail<T>(&self, expression: &Expression, text: &str) -> Result<T> {
        self.fail_at(expression.span(), text)
    }

    fn fail_at<T>(&self, place: Option<Range<usize>>, text: &str) -> Result<T> {
        let place = place.unwrap_or_default();
        Err(EvalError { text: text.to_owned(), span: Span::new(self.source, place.start, place.end) })
    }
}

/// The names that an expression begins with: `var.images`, `google_project.shard`, `each.key`.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'a> Visit<'a> for Names {
    fn reference(&mut self, reference: &Reference<'a>) {
        let root = reference.root.value().as_str();
        let name = reference.operators.first().and_then(attribute_name);
        self.0.insert(name.map_or_else(|| root.to_owned(), |(name, _)| format!("{root}.{name}")));
    }
}

fn literal_number(number: &hcl_edit::Number) -> Number {
    number.as_i64().map_or_else(|| Number::Decimal(number.to_string()), Number::Integer)
}
