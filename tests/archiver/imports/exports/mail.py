"""A mailbox and single messages, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import JPEG, Export

FIRST_MAIL = b"""From: =?utf-8?q?Ana_Ru=C3=ADz?= <ana@town.example>
To: "Clerk, District" <clerk@district.example>, board@district.example
Subject: =?utf-8?b?U2NobmVlIOKYgw==?=
Date: Wed, 09 Sep 2020 12:00:00 +0000
Message-ID: <one@town.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

F=E4hrt der Bus?
>From here on it is quoted.
--cut
Content-Type: image/jpeg; name="../../snow.jpg"
Content-Disposition: attachment; filename="../../snow.jpg"
Content-Transfer-Encoding: base64

/9j/4CBhIHBpY3R1cmU=
--cut--
"""
SECOND_MAIL = b"""From: clerk@district.example
To: ana@town.example
Subject: Re: snow
Date: Wed, 09 Sep 2020 13:00:00 +0000
Message-ID: <two@district.example>
In-Reply-To: <one@town.example>
References: <zero@town.example> <one@town.example>
Content-Type: text/html; charset=utf-8

<p>No &amp; no bus</p>
"""
MAIL = Export(
    name="mail",
    platform="email",
    files={
        "clerk.mbox": b"From ana@town.example Wed Sep  9 12:00:00 2020\n"
        + FIRST_MAIL
        + b"\nFrom clerk@district.example Wed Sep  9 13:00:00 2020\n"
        + SECOND_MAIL
        + b"\n",
        "drafts/plain.eml": b"Subject: Only a subject\r\n\r\nA draft\r\n",
    },
    kinds={"message": 3},
    texts=("Fährt der Bus?\n>From here on it is quoted.", "No & no bus", "A draft"),
    items=("one@town.example", "two@district.example"),
    media=1,
    unpacked=(JPEG,),
)
