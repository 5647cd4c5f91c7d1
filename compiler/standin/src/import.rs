//! What an import begins with: the arguments that the id names.

use std::collections::BTreeMap;

use aipress_provider::{Schema, Type};

use crate::provider::{Answer, REHEARSAL};
use crate::value::Value;
use crate::wire::error;
use crate::{formats, identity, shape};

/// Takes the id apart. What belongs to a project and does not name it belongs to the provider's own.
///
/// # Errors
/// An id that is not of the type's form.
pub fn begin(kind: &str, schema: &Schema, id: &str, own_project: Option<&str>) -> Answer<Value> {
    let format = formats::id_format(kind, schema).unwrap_or("{{name}}");
    let Some(names) = names(format, id) else {
        let text = format!("Import id {id:?} doesn't match any of the accepted formats: [{format}]");
        return Err(vec![error(text, format!("{kind} is imported by its id. {REHEARSAL}"))]);
    };
    let typed = |(name, text): (String, String)| match schema.block.attributes.get(&name).map(|it| &it.kind) {
        Some(Type::Number) => (name, text.parse().map_or(Value::Null, Value::Int)),
        _ => (name, Value::Text(text)),
    };
    let mut fields: BTreeMap<String, Value> = names.into_iter().map(typed).collect();
    if schema.block.attributes.contains_key("project") && !fields.contains_key("project") {
        let project = identity::project_in(id).or(own_project);
        fields.extend(project.map(|project| ("project".to_owned(), Value::text(project))));
    }
    fields
        .insert("id".to_owned(), Value::text(identity::fill(format, &Value::Map(fields.clone())).unwrap_or_default()));
    Ok(shape::conform(&schema.block, &Value::Map(fields)))
}

/// The long form of an id, or only the values of its holes with slashes between. An id that is nothing but a name is
/// taken as it is: names of log metrics hold slashes.
fn names(format: &str, id: &str) -> Option<BTreeMap<String, String>> {
    let holes = identity::holes(format);
    if let [name] = holes[..]
        && format == format!("{{{{{name}}}}}")
        && !id.is_empty()
    {
        return Some(BTreeMap::from([(name.to_owned(), id.to_owned())]));
    }
    identity::parse(format, &identity::tidy(id)).or_else(|| {
        let parts = id.split('/').collect::<Vec<_>>();
        (holes.len() == parts.len() && parts.iter().all(|part| !part.is_empty()))
            .then(|| holes.into_iter().map(str::to_owned).zip(parts.into_iter().map(str::to_owned)).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_and_the_short_form_name_the_same_object() {
        let format = "projects/{{project}}/secrets/{{secret_id}}";
        assert_eq!(names(format, "projects/p/secrets/s"), names(format, "p/s"));
        assert_eq!(names(format, "s"), None);
        assert_eq!(names("projects/{{project_id}}", "p").unwrap()["project_id"], "p");
        assert_eq!(names("{{name}}", "aipress/work").unwrap()["name"], "aipress/work");
    }
}
