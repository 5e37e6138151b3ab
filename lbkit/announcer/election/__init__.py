"""Who answers for which layer-2 address on one segment: exactly one station, and another within a second.

A *station* is one interface of one k8s node; two interfaces of a node on one segment are two stations, of which one
answers. Each runs one `Segment` for its interface. Segments of different interfaces know nothing of each other.

The rules
---------
1. *Heartbeats* on the segment itself, at most 128 ms apart. Each says what changed in what its sender holds, and the
   last it knows of every other station, heard or reported. Who lacks something says so by that, and is told again.
2. *Gone* is who was not known alive for 525 ms (3.5 periods of 150 ms). Alive is known by a new sequence number, heard
   or reported by any other: a heartbeat that one station lost does not make its sender gone.
3. *Choice:* what is free goes to the best candidate alive: Ready nodes first, then preferred ones, then rendezvous
   hash. Who ranks k-th waits k times 300 ms, so that another takes over where nodes do not know the same candidates.
   Before a first claim it is k times 2 s: whose API server is slow learns of a new Service later, and is to have its
   share. Stations that are still starting are waited for then, so that they share when a cluster starts.
4. *Sticky:* what somebody alive and eligible holds is left to him, whoever ranks better. Who is not eligible, or not
   Ready as we are, has 2 s to learn it, and twice as long each time that we were wrong; without the API we do not
   judge it.
5. *Terms:* each claim raises the address's term. Of two claims the higher term wins, then the better hash; the other
   station stops at once. A claim is told first and answered for later: when all who are heard have understood it, as
   they may object for another (rule 11), or after 100 ms; so, too, where nobody is heard any more: the owner may
   hear us though we do not hear it, and its lease does not depend on whom it does not know for a candidate yet. While
   somebody claims an address who does not know our better claim yet, we are silent. A station listens for twice 525 ms
   after its start before it claims, and needs to be heard in the second half only. Nobody claims while somebody who is
   heard is not understood. So all is told again each 525 ms while somebody is lost who may be there and not heard.
6. *Lease:* a station answers only while every other that might take over is known to have heard from it. In numbers:
   for each candidate heard within the last 300 ms, the last own heartbeat which that candidate reports was sent less
   than 450 ms ago; after a break of that, or after somebody came back who was gone, all is known that he holds; and
   nothing is overdue that time asked for, an own heartbeat least of all.
7. *Own delay does not count:* time in which the process did not run is no silence of others, and what waited meanwhile
   is heard before anything is said or claimed (10 ms). After 300 ms of it, it answers and claims nothing for 300 ms.
   What it hears in that time tells what happened: for 525 ms it gives what it held to any other that holds it, whatever
   the terms, as who took over may have started anew and not know ours.
8. *Who cannot be told, keeps it:* a claim that is heard counts, also of a station that does not hear us. By rule 6 we
   are silent then, until it hears us or goes. The exception is who says that it hears nothing at all (`is_deaf`, after
   300 ms without a frame of anybody, and our own heartbeats left in time): it can hear no request either. Its word is
   not needed, and its addresses are free, though it is given 100 ms to hear of it. If it hears others again and not
   us, its flag is not believed for a minute, so that ownership does not go to and fro. What a station claimed while it
   heard nothing it gives to any other that holds it; so whoever holds it is but silent until that is settled. While it
   hears nothing it makes only the two announcements that there must be, within 100 ms: on a segment where nobody else
   is, nobody needs more. Where they are for what somebody else answers for, that one tells the segment again.
9. *On purpose:* a station that drains, or offers an address to a better one, stops when it hears the claim, or up to
   100 ms later, as soon as no connection to the address is open, and tells the segment itself whose it is now; the
   claimant answers when it hears that. It stops at once where a claimant may not be waiting for it, as it did not know
   it alive all the time. Nobody needs the word of one that drains, once all is known that it holds; when it no longer
   does, it waits 525 ms before it claims.
10. *Strangers:* before a first claim of an address that nobody ever held here, it is probed for (RFC 5227, RFC 4862).
    Who answers keeps it; we try again after 30 s. What is held already is defended.
11. *Objections:* who hears two claims to one address tells of the better one in each heartbeat, for those who do not
    hear it; so nobody has a word for a claim without the objection to it. A claim that was objected to rests as long as
    its holder is alive and changed nothing, unless we hear of himself that he hears nothing. Where somebody alive is
    not heard, claims do not raise the term: what he holds stays his.
12. *One station, one process:* of two starts of one station the older epoch gives way. Who is taken for an older one
    though it is not, because its clock went back, hears so in the reports, and takes a greater epoch.

Why two never answer outside a split
------------------------------------
Let A answer for V, and let X be another candidate that takes V over without A's word. X may claim V when A is gone for
it: 525 ms after X last learnt of a new heartbeat of A, say number s. X learnt of s after A sent it. So X claims later
than 525 ms after A sent s, on clocks that run alike. X reports s or less. By rule 6 A stops 450 ms after it sent the
last heartbeat that X reported, so 75 ms before X claims; this covers clocks that differ by a seventh, and the way from
the check to the wire. Loss, delay and reordering of any heartbeat only make A stop earlier or X claim later.
A does without X's word only if it did not hear X for 300 ms (525 ms if X did not hear A either when last heard). So two
answer only where, for that long at one time, nothing passed between them either way: the segment is split between them.
When it heals, the first heartbeat that either hears from the other comes within 128 ms; who hears it is without lease
at once, and the other as soon as it hears the reply. So two answers end within one period of 150 ms.
A process that was stopped has no lease and is late with everything, and is silent when it goes on (rules 6 and 7),
whatever waits in its queues. Between the check and the wire there is nothing but a send.
One exception remains, in a segment that is cut in one direction: B does not reach A, A reaches B, and A hears nobody
else for 300 ms. Then B takes over by rule 8. A client that asks now is answered by both, once: A hears the request,
and its next heartbeat, which leaves with it, says that it is not deaf, so that B is silent.

Why somebody answers within a second
------------------------------------
When A dies, its last heartbeat was known to X at once, or with the next heartbeat of another (128 ms). X claims 525 ms
later, has the word of all who are alive within some milliseconds, else (or where nobody else is) after 100 ms, and
answers: 0.4 to 0.7 s after the death commonly, 0.75 s if a heartbeat was lost just then and another station died too.
Meanwhile the others do not stop: they do without the dead station's word 300 ms after they last heard it, which is
sooner than their lease from it ends (450 ms after a heartbeat that was at most 128 ms old then).
If X ranks second where nobody ranks first (nodes know different candidates), 300 ms are added.

Where a heartbeat is due and was not heard (165 ms), the hearer sends every 50 ms, and who sees by a report that it was
not heard answers at once; so a lost heartbeat costs neither a lease nor a false alarm.

What it costs
-------------
About 9 heartbeats a second and station, whatever is held; a change is told once, and again to who lacks it. Addresses
are looked at when something about them changed.

lbkit/tests/announcer/election simulates it: `make simulate` runs ten thousand random schedules of faults.

Pure.
"""
