//! Descriptions: the Markdown of doc comments as HTML that can do no harm.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Writes a description. `link` gives the place of a type, for `` [`Name`] ``.
///
/// HTML in the text is text. Links lead to web pages, mail and types alone; pictures, which would be
/// fetched, are their captions; headings, which would disturb the page's own, are strong paragraphs.
pub(super) fn prose(text: &str, link: impl Fn(&str) -> Option<String>) -> Markup {
    let mut resolve = |broken: BrokenLink<'_>| {
        let name = broken.reference.trim_matches('`');
        Some((link(name)?.into(), String::new().into()))
    };
    let parser = Parser::new_with_broken_link_callback(text, Options::empty(), Some(&mut resolve));
    // Whether the link that is open, and each around it, is one.
    let mut links = Vec::new();
    let events = parser.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Heading { .. }) => Some(Event::Html("<p><strong>".into())),
        Event::End(TagEnd::Heading(_)) => Some(Event::Html("</strong></p>\n".into())),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { link_type, dest_url, .. }) => {
            let is_fine = link_type == LinkType::Email || is_harmless(&dest_url);
            links.push(is_fine);
            let (title, id) = (String::new().into(), String::new().into());
            is_fine.then_some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::End(TagEnd::Link) => links.pop()?.then_some(Event::End(TagEnd::Link)),
        event => Some(event),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    PreEscaped(out)
}

fn is_harmless(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"].iter().any(|start| url.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        prose(text, |name| (name == "User").then(|| "#type-User".to_owned())).into_string()
    }

    #[test]
    fn markdown_is_rendered() {
        assert_eq!(html("One `x`.\n\nTwo."), "<p>One <code>x</code>.</p>\n<p>Two.</p>\n");
        assert_eq!(html("- a\n- b"), "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
        assert_eq!(html("# Not a heading"), "<p><strong>Not a heading</strong></p>\n");
        assert_eq!(
            html("See [`User`], [Other], [site](https://example.com \"t\")."),
            "<p>See <a href=\"#type-User\"><code>User</code></a>, [Other], \
             <a href=\"https://example.com\">site</a>.</p>\n"
        );
    }

    #[test]
    fn nothing_in_it_does_harm() {
        assert_eq!(
            html("<img src=x onerror=alert(1)>"),
            "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"
        );
        assert_eq!(html("a <b>b</b>"), "<p>a &lt;b&gt;b&lt;/b&gt;</p>\n");
        assert_eq!(html("[x](JavaScript:alert(1))"), "<p>x</p>\n");
        assert_eq!(html("[x](data:text/html,y)"), "<p>x</p>\n");
        assert_eq!(html("![words](https://example.com/x.png)"), "<p>words</p>\n");
        assert_eq!(html("[![p](q.png)](https://a.b)"), "<p><a href=\"https://a.b\">p</a></p>\n");
    }
}
