"""Which songs the split `songbook` takes, and what they are called.

Of the 408 files of Bach's chorales that music21's corpus has in MusicXML: those for four voices alone whose words
have at most two rows (with more, the file does not say what is sung when); and of several settings of one hymn,
which share the title, the first words or the first notes of the tune, the one with the lowest number. Titles are
those by which the hymns are known, as in lists of Riemenschneider's edition, modern spelling.

Of the corpus's other scores with words: those whose words and tune are in the public domain (authors dead for more
than 70 years), that say who may use the encoding or ask for nothing, and whose syllables are whole.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Song:
    """One song of the corpus."""

    id: str
    """Id of the example and of its group."""
    file: str
    """Path in the asset."""
    title: str
    """What it is called."""
    sung: tuple[str, ...] = ()
    """Names of the parts whose words are taken, in order; empty: the first part that has any."""


_BACH = """\
2.6 Ach Gott, vom Himmel sieh’ darein
3.6 Ach Gott, wie manches Herzeleid
4.8 Christ lag in Todesbanden
5.7 Auf meinen lieben Gott
6.6 Erhalt’ uns, Herr, bei deinem Wort
9.7 Es ist das Heil uns kommen her
10.7 Meine Seel’ erhebt den Herren
11.6 Nun lieget alles unter dir
13.6 Nun ruhen alle Wälder
14.5 Wär’ Gott nicht mit uns diese Zeit
16.6 Helft mir Gott’s Güte preisen
17.7 Nun lob’, mein’ Seel’, den Herren
18.5-w Durch Adams Fall ist ganz verderbt
20.11 O Ewigkeit, du Donnerwort
24.6 O Gott, du frommer Gott
26.6 Ach wie nichtig, ach wie flüchtig
30.6 Freu’ dich sehr, o meine Seele
33.6 Allein zu dir, Herr Jesu Christ
36.4-2 Wie schön leuchtet der Morgenstern
36.8-2 Nun komm, der Heiden Heiland
37.6 Ich dank’ dir, lieber Herre
38.6 Aus tiefer Not schrei’ ich zu dir
40.3 Wir Christenleut’
40.6 Schwing’ dich auf zu deinem Gott
40.8 Freuet euch, ihr Christen alle
42.7 Verleih’ uns Frieden gnädiglich
43.11 Ermuntre dich, mein schwacher Geist
46.6 O großer Gott von Macht
47.5 Warum betrübst du dich, mein Herz
48.3 Ach Gott und Herr, wie groß und schwer
48.7 Herr Jesu Christ, du höchstes Gut
55.5 Werde munter, mein Gemüte
56.5 Du, o schönes Weltgebäude
57.8 Hast du denn, Jesu, dein Angesicht gänzlich verborgen
60.5 Es ist genug, so nimm, Herr, meinen Geist
64.2 Gelobet seist du, Jesu Christ
64.8 Jesu, meine Freude
65.2 Puer natus in Bethlehem
65.7 Was mein Gott will, das g’scheh’ allzeit
67.7 Du Friedefürst, Herr Jesu Christ
69.6-a Was Gott tut, das ist wohlgetan
73.5 Von Gott will ich nicht lassen
74.8 Kommt her zu mir, spricht Gottes Sohn
78.7 Jesu, der du meine Seele
80.8 Ein’ feste Burg ist unser Gott
83.5 Mit Fried’ und Freud’ ich fahr’ dahin
84.5 Wer nur den lieben Gott läßt walten
85.6 Ist Gott mein Schild und Helfersmann
90.5 Vater unser im Himmelreich
96.6 Herr Christ, der ein’ge Gott’ssohn
104.6 Allein Gott in der Höh’ sei Ehr’
114.7 Ach, lieben Christen, seid getrost
115.6 Straf’ mich nicht in deinem Zorn
117.4 Sei Lob und Ehr’ dem höchsten Gut
121.6 Christum wir sollen loben schon
122.6 Das neugeborne Kindelein
123.6 Liebster Immanuel, Herzog der Frommen
127.5 Herr Jesu Christ, wahr’r Mensch und Gott
133.6 Ich freue mich in dir
140.7 Wachet auf, ruft uns die Stimme
145.5 Erschienen ist der herrliche Tag
151.5 Lobt Gott, ihr Christen, allzugleich
153.5 Herzlich tut mich verlangen
154.8 Meinen Jesum laß’ ich nicht, weil er sich für mich gegeben
156.6 Herr, wie du willst, so schick’s mit mir
159.5 Jesu Leiden, Pein und Tod
169.7 Nun bitten wir den heiligen Geist
174.5 Herzlich lieb hab’ ich dich, o Herr
176.6 Christ, unser Herr, zum Jordan kam
177.5 Ich ruf’ zu dir, Herr Jesu Christ
180.7 Schmücke dich, o liebe Seele
184.5 O Herre Gott, dein göttlich Wort
187.7 Singen wir aus Herzensgrund
194.12 Wach’ auf, mein Herz, und singe
226.2 Komm, heiliger Geist, Herre Gott
244.3 Herzliebster Jesu, was hast du verbrochen
244.15 O Haupt voll Blut und Wunden
244.32 In dich hab’ ich gehoffet, Herr
245.15 Christus, der uns selig macht
245.22 Mach’s mit mir, Gott, nach deiner Güt’
245.26 Valet will ich dir geben
248.33-3 Warum sollt’ ich mich denn grämen
248.53-5 Gott des Himmels und der Erden
253 Ach bleib bei uns, Herr Jesu Christ
254 Ach Gott, erhör’ mein Seufzen
259 Ach was soll ich Sünder machen
262 Alle Menschen müssen sterben
263 Alles ist an Gottes Segen
264 Als der gütige Gott
265 Als Jesus Christus in der Nacht
266 Als vierzig Tag’ nach Ostern war
268 Auf, auf, mein Herz, und du, mein ganzer Sinn
269 Aus meines Herzens Grunde
273 Christ, der du bist der helle Tag
275 Christe, du Beistand deiner Kreuzgemeine
276 Christ ist erstanden
282 Christus, der ist mein Leben
284 Christus ist erstanden, hat überwunden
285 Da der Herr Christ zu Tische saß
286 Danket dem Herren, denn er ist sehr freundlich
287 Dank sei Gott in der Höhe
288 Das alte Jahr vergangen ist
290 Das walt’ Gott Vater und Gott Sohn
291 Das walt’ mein Gott
292 Den Vater dort oben
293 Der du bist drei in Einigkeit
294 Der Tag der ist so freudenreich
295 Des Heil’gen Geistes reiche Gnad’
296 Die Nacht ist kommen
297 Die Sonn’ hat sich mit ihrem Glanz gewendet
298 Dies sind die heil’gen zehn Gebot’
299 Dir, dir, Jehova, will ich singen
300 Du großer Schmerzensmann
304 Eins ist not, ach Herr, dies Eine
305 Erbarm’ dich mein, o Herre Gott
306 Erstanden ist der heil’ge Christ
307 Es ist gewißlich an der Zeit
308 Es spricht der Unweisen Mund
309 Es steh’n vor Gottes Throne
310 Es wird schier der letzte Tag herkommen
311 Es woll’ uns Gott genädig sein
313 Für Freuden laßt uns springen
315 Gib dich zufrieden und sei stille
316 Gott, der du selber bist das Licht
317 Gott der Vater wohn’ uns bei
318 Gottes Sohn ist kommen
319 Gott hat das Evangelium
320 Gott lebet noch
321 Gottlob, es geht nunmehr zu Ende
322 Gott sei gelobet und gebenedeiet
323 Gott sei uns gnädig und barmherzig
325 Heilig, heilig
326 Herr Gott, dich loben alle wir
329 Herr, ich denk’ an jene Zeit
330 Herr, ich habe mißgehandelt
332 Herr Jesu Christ, dich zu uns wend’
333 Herr Jesu Christ, du hast bereit’t
335 O Jesu, du mein Bräutigam
337 Herr, nun laß in Friede
338 Herr, straf’ mich nicht in deinem Zorn
341 Heut’ ist, o Mensch, ein großer Trauertag
342 Heut’ triumphieret Gottes Sohn
343 Hilf, Gott, daß mir’s gelinge
344 Hilf, Herr Jesu, laß gelingen
345 Ich bin ja, Herr, in deiner Macht
346 Ich dank’ dir, Gott, für all’ Wohltat
349 Ich dank’ dir schon durch deinen Sohn
350 Ich danke dir, o Gott, in deinem Throne
351 Ich hab’ mein’ Sach’ Gott heimgestellt
355 Jesu, der du selbst so wohl
356 Jesu, du mein liebstes Leben
357 Jesu, Jesu, du bist mein
361 Jesu, meines Herzens Freud’
362 Jesu, nun sei gepreiset
363 Jesus Christus, unser Heiland
365 Jesus, meine Zuversicht
368 In dulci jubilo
369 Keinen hat Gott verlassen
370 Komm, Gott Schöpfer, heiliger Geist
371 Kyrie, Gott Vater in Ewigkeit
372 Laß, o Herr, dein Ohr sich neigen
373 Liebster Jesu, wir sind hier
374 Lobet den Herren, denn er ist sehr freundlich
378 Mein’ Augen schließ’ ich jetzt in Gottes Namen zu
381 Meines Lebens letzte Zeit
383 Mitten wir im Leben sind
384 Nicht so traurig, nicht so sehr
386 Nun danket alle Gott
387 Nun freut euch, Gottes Kinder all’
388 Nun freut euch, lieben Christen, g’mein
391 Nun preiset alle Gottes Barmherzigkeit
396 Nun sich der Tag geendet hat
400 O Herzensangst, o Bangigkeit
401 O Lamm Gottes, unschuldig
402 O Mensch, bewein’ dein’ Sünde groß
403 O Mensch, schau’ Jesum Christum an
404 O Traurigkeit, o Herzeleid
405 O wie selig seid ihr doch, ihr Frommen
407 O wir armen Sünder
408 Schaut, ihr Sünder
409 Seelenbräutigam
410 Sei gegrüßet, Jesu gütig
411 Singt dem Herrn ein neues Lied
412 So gibst du nun, mein Jesu, gute Nacht
413 Sollt’ ich meinem Gott nicht singen
423 Was betrübst du dich, mein Herze
424 Was bist du doch, o Seele, so betrübet
425 Was willst du dich, o meine Seele, kränken
426 Weltlich’ Ehr’ und zeitlich Gut
427 Wenn ich in Angst und Not
428 Wenn mein Stündlein vorhanden ist
431 Wenn wir in höchsten Nöten sein
433 Wer Gott vertraut, hat wohl gebaut
435 Wie bist du, Seele, in mir so gar betrübt
437 Wir glauben all’ an einen Gott
438 Wo Gott zum Haus nicht gibt sein’ Gunst
"""


def _chorale(line: str) -> Song:
    number, _, title = line.partition(" ")
    return Song(f"bach.bwv{number}", f"bach/bwv{number}.mxl", title)


SONGS = (
    *map(_chorale, _BACH.splitlines()),
    Song("beach.tired_child", "beach/prayer_of_a_tired_child.musicxml", "Prayer of a Tired Child"),
    Song("foster.jeanie", "leadSheet/fosterBrownHair.mxl", "Jeanie with the Light Brown Hair"),
    Song("johnson.lift_every_voice", "johnson_j_r/lift_every_voice.mxl", "Lift Every Voice and Sing"),
    Song("liliuokalani.aloha_oe", "liliuokalani/aloha_oe.mxl", "Aloha Oe", ("Solo Voice", "Soprano")),
    Song("schumann.opus48no2", "schumann_robert/opus48no2.mxl", "Aus meinen Tränen sprießen"),
)
"""Every song, Bach's by their number in the catalogue of his works."""
