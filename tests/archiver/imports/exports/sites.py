"""Exports of sites: WordPress and MediaWiki, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import Export

WORDPRESS = Export(
    name="wordpress",
    platform="wordpress",
    files={
        "district.wordpress.2024-01-05.000.xml": """<?xml version="1.0" encoding="UTF-8" ?>
<!-- made by WordPress -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>District</title>
<item><title>Snow</title><link>https://district.example/snow/</link><dc:creator><![CDATA[ana]]></dc:creator>
<content:encoded><![CDATA[<p>Über Nacht ]]]]><![CDATA[> Schnee</p>]]></content:encoded>
<wp:post_id>5</wp:post_id><wp:post_date_gmt>2024-01-05 08:00:00</wp:post_date_gmt><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type><category domain="post_tag" nicename="snow"><![CDATA[snow]]></category>
<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author>Omar</wp:comment_author>
<wp:comment_date_gmt>2024-01-05 09:00:00</wp:comment_date_gmt><wp:comment_content>Thanks</wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_parent>0</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>8</wp:comment_id><wp:comment_content>Held for review</wp:comment_content>
<wp:comment_approved>0</wp:comment_approved><wp:comment_parent>7</wp:comment_parent></wp:comment></item>
<item><title>About</title><wp:post_id>6</wp:post_id><wp:post_type>page</wp:post_type><wp:status>draft</wp:status></item>
</channel></rss>""".encode()
    },
    kinds={"post": 1, "page": 1, "comment": 1, "reply": 1},
    texts=("Über Nacht ]]> Schnee", "Thanks", "Held for review"),
    items=("5", "6", "comment:7", "comment:8"),
)
MEDIAWIKI = Export(
    name="mediawiki",
    platform="mediawiki",
    files={
        "wiki-20240105-pages-meta-history.xml": b"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11">
<siteinfo><sitename>District</sitename></siteinfo>
<page><title>Bus routes</title><ns>0</ns><id>3</id>
<revision><id>10</id><timestamp>2020-01-01T00:00:00Z</timestamp><contributor><username>Ana</username><id>2</id></contributor>
<comment>first</comment><text bytes="5" xml:space="preserve">Route 1</text></revision>
<revision><id>11</id><parentid>10</parentid><timestamp>2021-01-01T00:00:00Z</timestamp><contributor><ip>192.0.2.1</ip></contributor>
<text bytes="7" xml:space="preserve">Routes 1 &amp; 2</text></revision></page>
<page><title>Empty</title><id>4</id><revision><id>12</id><timestamp>2022-01-01T00:00:00Z</timestamp><text deleted="deleted"/></revision></page>
</mediawiki>"""
    },
    kinds={"page": 3},
    texts=("Route 1\nfirst", "Routes 1 & 2"),
    items=("3@10", "3@11", "4@12"),
)
