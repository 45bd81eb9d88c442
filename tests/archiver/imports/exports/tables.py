"""Exports that are tables or lists: LinkedIn, Reddit, bookmarks, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import Export

LINKEDIN = Export(
    name="linkedin",
    platform="linkedin",
    files={
        "Shares.csv": (
            b"Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
            b'2024-01-05 17:21:33,https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A1,"We hire ""teachers"",\nnow",,,MEMBER_NETWORK\n'
        ),
        "Comments.csv": b"Date,Link,Message\n2024-01-06 10:00:00,https://www.linkedin.com/feed/update/urn:li:activity:1,Welcome!\n",
        "Reactions.csv": b"Date,Type,Link\n2024-01-06 10:00:00,LIKE,https://www.linkedin.com/feed/update/urn:li:activity:1\n",
        "messages.csv": (
            b"CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
            b"c1,,Ana,https://www.linkedin.com/in/ana,District,https://www.linkedin.com/in/d,2024-01-07 11:00:00 UTC,,Any jobs?,INBOX\n"
        ),
        "Connections.csv": (
            b'Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n'
            b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
            b"Ana,Ruiz,https://www.linkedin.com/in/ana,,City,Clerk,01 Jan 2024\n"
        ),
        "Profile.csv": b"First Name,Last Name,Headline,Summary\nMaple,Grove,District,Schools\n",
    },
    kinds={"post": 1, "comment": 1, "event": 2, "message": 1, "profile": 1},
    texts=('We hire "teachers",\nnow', "Welcome!", "Any jobs?"),
)
REDDIT = Export(
    name="reddit-request",
    platform="reddit",
    files={
        "posts.csv": (
            b"id,permalink,date,ip,subreddit,gildings,title,url,body\n"
            b"abc1,https://www.reddit.com/r/town/comments/abc1/,2020-01-01 12:00:00 UTC,,town,0,Snow,,All closed\n"
        ),
        "comments.csv": (
            b"id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
            b"def2,https://www.reddit.com/r/town/comments/abc1/_/def2/,2020-01-02 12:00:00 UTC,,town,0,"
            b'https://www.reddit.com/r/town/comments/abc1/,,"Line one\nline two",\n'
        ),
        "messages.csv": b"id,permalink,thread_id,date,ip,from,to,subject,body\nm1,,t1,2020-01-03 12:00:00 UTC,,ana,district,Hi,When?\n",
        "post_headers.csv": b"id,permalink,date,ip,subreddit,gildings,url\nabc1,,,,,,\n",
        "statistics.csv": b"statistic,value\naccount name,district\n",
    },
    kinds={"post": 1, "comment": 1, "message": 1},
    texts=("All closed", "Line one\nline two", "When?"),
    items=("t3_abc1", "t1_def2", "t4_m1"),
)
DELICIOUS = Export(
    name="delicious",
    platform="delicious",
    files={
        "delicious.html": (
            b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<DL><p>"
            b'<DT><A HREF="https://district.example/?a=1&amp;b=2" ADD_DATE="1300000000" PRIVATE="0" TAGS="school,snow">District &amp; you</A>\n'
            b"<DD>About <b>us</b>\n"
            b'<DT><A HREF="https://city.example/" ADD_DATE="1300000001" PRIVATE="1" TAGS="">City</A>\n</DL><p>'
        )
    },
    kinds={"post": 2},
    texts=("About us",),
    items=("bookmark:https://district.example/?a=1&b=2",),
)
