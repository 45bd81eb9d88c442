"""Exports of Facebook and Instagram, in each layout of folders that is known, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import FILM, JPEG, Export, scrambled, spelled

FACEBOOK_POST = {
    "timestamp": 1600000000,
    "title": scrambled("Maple Grove änderte seinen Status."),
    "data": [{"post": scrambled("Schulschluss für alle – heute früher ☃")}, {"update_timestamp": 1600000100}],
    "attachments": [
        {"data": [{"media": {"uri": "PLACE/media/snow.jpg", "creation_timestamp": 1600000000, "title": "Snow"}}]},
        {"data": [{"external_context": {"url": "https://district.example/snow"}}]},
    ],
    "tags": [{"name": "Ana Ruiz"}],
}
FACEBOOK_COMMENT = {
    "timestamp": 1600000200,
    "title": "Maple Grove commented on its own post.",
    "data": [{"comment": {"timestamp": 1600000200, "comment": "Buses run late.", "author": "Maple Grove"}}],
}
CONVERSATION = {
    "participants": [{"name": "Ana Ruiz"}, {"name": "Maple Grove"}],
    "messages": [
        {"sender_name": "Ana Ruiz", "timestamp_ms": 1600000300123, "content": scrambled("Fährt der Bus?")},
        {
            "sender_name": "Maple Grove",
            "timestamp_ms": 1600000400456,
            "photos": [{"uri": "PLACE/inbox/ana_1/photos/bus.jpg", "creation_timestamp": 1600000400}],
        },
    ],
    "title": "Ana Ruiz",
    "thread_path": "inbox/ana_1",
}


def placed(value: object, place: str) -> bytes:
    """JSON with the folder in which its media lie."""
    return spelled(value).replace(b"PLACE", place.encode())


def facebook(name: str, *, posts: str, comments: str, messages: str, wrapped: bool = False, profile: str) -> Export:
    """A Facebook export: one layout of folders."""
    folder = posts.rpartition("/")[0]
    post: object = {"status_updates": [FACEBOOK_POST]} if wrapped else [FACEBOOK_POST]
    return Export(
        name=name,
        platform="facebook",
        files={
            posts: placed(post, folder),
            f"{folder}/media/snow.jpg": JPEG,
            comments: spelled({"comments_v2": [FACEBOOK_COMMENT]}),
            f"{messages}/inbox/ana_1/message_1.json": placed(CONVERSATION, messages),
            f"{messages}/inbox/ana_1/photos/bus.jpg": JPEG + b"2",
            profile: spelled(
                {"profile_v2": {"name": {"full_name": "Maple Grove"}, "registration_timestamp": 1300000000}}
            ),
            "ads_information/interests.json": spelled({"topics_v2": ["snow"]}),
            "index.html": b"<html>start here</html>",
        },
        kinds={"post": 1, "comment": 1, "message": 2, "profile": 1},
        texts=("Schulschluss für alle – heute früher ☃", "Buses run late.", "Fährt der Bus?"),
        items=("profile",),
        media=2,
    )


def instagram(name: str, *, content: str, comments: str, messages: str) -> Export:
    """An Instagram export: one layout of folders."""
    post = {
        "media": [
            {"uri": "media/posts/202009/one.jpg", "creation_timestamp": 1600000000, "title": ""},
            {"uri": "media/posts/202009/two.mp4", "creation_timestamp": 1600000001, "title": ""},
        ],
        "title": scrambled("Erster Schultag 🎒"),
        "creation_timestamp": 1600000002,
    }
    story = {"uri": "media/stories/202009/three.jpg", "creation_timestamp": 1600000003, "title": "Today only"}
    comment = {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {
            "Comment": {"value": "See you there"},
            "Media Owner": {"value": "city"},
            "Time": {"timestamp": 1600000004},
        },
    }
    person = {
        "media_map_data": {},
        "string_map_data": {"Username": {"value": "district"}, "Name": {"value": "District"}},
    }
    return Export(
        name=name,
        platform="instagram",
        files={
            f"{content}/posts_1.json": spelled([post]),
            f"{content}/stories.json": spelled({"ig_stories": [story]}),
            "media/posts/202009/one.jpg": JPEG,
            "media/posts/202009/two.mp4": FILM,
            "media/stories/202009/three.jpg": JPEG + b"3",
            f"{comments}/post_comments_1.json": spelled([comment]),
            f"{messages}/inbox/ana_1/message_1.json": placed(CONVERSATION, messages),
            f"{messages}/inbox/ana_1/photos/bus.jpg": JPEG + b"2",
            "personal_information/personal_information.json": spelled({"profile_user": [person]}),
        },
        kinds={"post": 2, "comment": 1, "message": 2, "profile": 1},
        texts=("Erster Schultag 🎒", "Today only", "See you there", "Fährt der Bus?"),
        media=4,
    )


EXPORTS = (
    facebook(
        "facebook-old",
        posts="posts/your_posts_1.json",
        comments="comments/comments.json",
        messages="messages",
        wrapped=True,
        profile="profile_information/profile_information.json",
    ),
    facebook(
        "facebook-person",
        posts="your_activity_across_facebook/posts/your_posts__check_ins__photos_and_videos_1.json",
        comments="your_activity_across_facebook/comments_and_reactions/comments.json",
        messages="your_activity_across_facebook/messages",
        profile="personal_information/profile_information/profile_information.json",
    ),
    facebook(
        "facebook-page",
        posts="this_profile's_activity_across_facebook/posts/profile_posts_1.json",
        comments="this_profile's_activity_across_facebook/comments_and_reactions/comments.json",
        messages="this_profile's_activity_across_facebook/messages",
        profile="personal_information/profile_information/profile_information.json",
    ),
    instagram("instagram-2021", content="content", comments="comments", messages="messages"),
    instagram(
        "instagram-2023",
        content="your_instagram_activity/content",
        comments="your_instagram_activity/comments",
        messages="your_instagram_activity/messages",
    ),
    instagram(
        "instagram-2025",
        content="your_instagram_activity/media",
        comments="your_instagram_activity/comments",
        messages="your_instagram_activity/messages",
    ),
)
