"""Archives of X, as they are since 2019 and as they were, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import JPEG, Export, script, spelled

TWEET = {
    "id_str": "1300000000000000001",
    "id": "1300000000000000001",
    "full_text": "Snow day &amp; no buses #snow",
    "created_at": "Wed Sep 09 12:00:00 +0000 2020",
    "lang": "en",
    "entities": {"hashtags": [{"text": "snow"}]},
    "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/Abc.jpg", "id_str": "7"}]},
}
DELETED = {"id_str": "1300000000000000002", "full_text": "A mistake", "created_at": "Wed Sep 09 13:00:00 +0000 2020"}
X_ARCHIVE = Export(
    name="x-archive",
    platform="x",
    files={
        "Your archive.html": b"<html></html>",
        "data/manifest.js": b"window.__THAR_CONFIG = "
        + spelled(
            {
                "userInfo": {"accountId": "42", "userName": "district", "displayName": "The District"},
                "dataTypes": {
                    "tweets": {
                        "mediaDirectory": "data/tweets_media",
                        "files": [
                            {"fileName": "data/tweets.js", "globalName": "YTD.tweets.part0", "count": "1"},
                            {"fileName": "data/tweets-part1.js", "globalName": "YTD.tweets.part1", "count": "2"},
                        ],
                    },
                    "deletedTweets": {"files": [{"fileName": "data/deleted-tweets.js", "count": "1"}]},
                },
            }
        ),
        "data/account.js": script(
            "account", [{"account": {"accountId": "42", "username": "district", "accountDisplayName": "The District"}}]
        ),
        "data/tweets.js": script("tweets", [{"tweet": TWEET}]),
        "data/tweets-part1.js": script("tweets", [{"tweet": {**TWEET, "id_str": "1300000000000000003"}}]),
        "data/deleted-tweets.js": script("deleted_tweets", [{"tweet": DELETED}]),
        "data/note-tweet.js": script(
            "note_tweet",
            [
                {
                    "noteTweet": {
                        "noteTweetId": "9",
                        "createdAt": "2023-01-02T03:04:05.000Z",
                        "core": {"text": "Long words"},
                    }
                }
            ],
        ),
        "data/direct-messages.js": script(
            "direct_messages",
            [
                {
                    "dmConversation": {
                        "conversationId": "42-43",
                        "messages": [
                            {
                                "messageCreate": {
                                    "id": "5",
                                    "senderId": "43",
                                    "recipientId": "42",
                                    "text": "Is school closed?",
                                    "createdAt": "2020-09-09T14:00:00.000Z",
                                    "mediaUrls": [],
                                }
                            }
                        ],
                    }
                }
            ],
        ),
        "data/follower.js": script("follower", [{"follower": {"accountId": "43", "userLink": "https://x.com/i/43"}}]),
        "data/profile.js": script("profile", [{"profile": {"description": {"bio": "Schools of Maple Grove"}}}]),
        "data/tweets_media/1300000000000000001-Abc.jpg": JPEG,
        "data/ad-impressions.js": script("ad_impressions", []),
    },
    kinds={"post": 4, "message": 1, "event": 1, "profile": 2},
    texts=("Snow day & no buses #snow", "A mistake", "Long words", "Is school closed?", "Schools of Maple Grove"),
    items=("1300000000000000001", "1300000000000000002", "message:5", "follower:43"),
    media=1,
    claims={"data/tweets.js": 1, "data/tweets-part1.js": 2, "data/deleted-tweets.js": 1},
)
OLD_TWEET = {
    "id_str": "3",
    "id": 3,
    "text": "An old one",
    "created_at": "2013-04-01 12:00:00 +0000",
    "user": {"screen_name": "district", "id_str": "42", "name": "The District"},
}
X_OLD = Export(
    name="x-archive-of-2013",
    platform="x",
    files={
        "data/js/tweets/2013_04.js": b"Grailbird.data.tweets_2013_04 = \n " + spelled([OLD_TWEET]),
        "data/js/tweet_index.js": b"var tweet_index = "
        + spelled([{"file_name": "data/js/tweets/2013_04.js", "year": 2013, "month": 4, "tweet_count": 1}]),
        "data/js/user_details.js": b"var user_details = "
        + spelled({"screen_name": "district", "full_name": "The District", "id": "42", "bio": "Schools"}),
        "tweets.csv": b'"tweet_id","text"\n"3","An old one"\n',
    },
    kinds={"post": 1, "profile": 1},
    texts=("An old one", "Schools"),
    items=("3",),
    claims={"data/js/tweets/2013_04.js": 1},
)
