"""The words that the composer understands, as tables. Commas part phrases; a phrase may have several words.

Valence is -1 (dark) to 1 (bright), energy -1 (calm) to 1 (driving). A mood counts in full; a scene gives the
genre and the mood that such a picture is usually given when no musical word says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

GENRES: dict[str, str] = {
    "orchestral": """
        orchestral, orchestra, symphonic, symphony, cinematic, film score, soundtrack, movie, trailer,
        fanfare, fanfares, score, game music, adventure""",
    "chamber": """
        classical, chamber, string quartet, quartet, baroque, sonata, concerto, minuet, waltz, romantic era,
        elegant, opera""",
    "ambient": """
        ambient, drone, soundscape, atmospheric, atmosphere, meditation, meditative, space music, ethereal,
        chillout, drifting, textures""",
    "folk": """
        folk, celtic, medieval, irish, scottish, traditional, tavern, bard, jig, reel, renaissance,
        minstrel, acoustic folk, world music""",
    "jazz": "jazz, jazzy, swing, bebop, big band, smooth jazz, lounge, ragtime, dixieland, cool jazz",
    "blues": "blues, bluesy, delta blues, shuffle, twelve bar",
    "rock": """
        rock, indie, alternative, punk, grunge, rock and roll, hard rock, classic rock, garage, britpop""",
    "metal": "metal, heavy metal, thrash, death metal, doom, hardcore, djent",
    "pop": "pop, synth pop, synthpop, dance pop, k pop, j pop, catchy, radio, chart, teen, boy band",
    "funk": "funk, funky, disco, groove, groovy, boogie",
    "electronic": """
        electronic, electronica, techno, house, trance, edm, electro, rave, club, dubstep, drum and bass,
        dnb, synthwave, dance, idm, industrial, chiptune, eurodance""",
    "hiphop": """
        hip hop, hiphop, rap, trap, boom bap, beats, lo fi, lofi, lo fi hip hop, trip hop, downtempo, chill""",
    "reggae": "reggae, ska, dub, dancehall, island",
    "latin": """
        latin, salsa, bossa nova, bossa, samba, tango, mambo, rumba, flamenco, tropical, calypso, mariachi,
        reggaeton, cumbia, afrobeat""",
    "soul": "soul, soulful, r b, rnb, r and b, motown, gospel, neo soul, slow jam",
    "country": "country, bluegrass, western, americana, honky tonk, cowboy, twang",
    "newage": """
        new age, piano solo, solo piano, spa, relaxation, lullaby, neoclassical, piano ballad, sleep,
        healing, ballad""",
}  # fmt: skip

# name: (valence, energy, phrases); None leaves that axis alone
MOODS: dict[str, tuple[float | None, float | None, str]] = {
    "sad": (-0.9, -0.6, """
        sad, sadness, sorrow, sorrowful, melancholic, melancholy, mournful, grief, grieving, lament,
        heartbreak, heartbroken, tearful, gloomy, lonely, lonesome, loss, despair, tragic, somber, sombre,
        bleak, depressing, crying, forlorn, funeral, elegy, requiem, longing, unhappy, miserable"""),
    "bittersweet": (-0.4, -0.4, """
        nostalgic, nostalgia, wistful, bittersweet, reflective, yearning, poignant, moody, introspective,
        pensive, contemplative, haunting, rainy"""),
    "happy": (0.9, 0.4, """
        happy, happiness, joy, joyful, cheerful, cheery, merry, sunny, bright, playful, fun, upbeat,
        lighthearted, carefree, optimistic, feel good, jolly, delightful, quirky, smiling, whimsical, cute"""),
    "uplifting": (0.7, 0.3, """
        uplifting, inspiring, inspirational, hopeful, hope, triumphant, victorious, glorious, majestic,
        proud, soaring, motivational, grand, noble"""),
    "peaceful": (0.4, -0.8, """
        peaceful, calm, calming, serene, serenity, tranquil, gentle, soothing, relaxing, relaxed, soft,
        quiet, tender, delicate, mellow, warm, dreamy, restful, idyllic, laid back, light, sleepy"""),
    "romantic": (0.5, -0.3, """
        romantic, love, intimate, passionate, sensual, loving, wedding, sweet, sentimental"""),
    "tense": (-0.6, 0.2, """
        tense, tension, suspense, suspenseful, anxious, nervous, uneasy, ominous, dark, sinister, menacing,
        foreboding, brooding, threatening, spooky, creepy, eerie, scary, horror, fear, evil, nightmare,
        dread, desolate"""),
    "mysterious": (-0.35, -0.3, """
        mysterious, mystery, mystical, enigmatic, magical, magic, enchanted, occult, otherworldly, secret,
        hypnotic, exotic"""),
    "angry": (-0.7, 0.9, """
        angry, anger, furious, rage, aggressive, violent, brutal, fierce, hostile, chaotic"""),
    "epic": (0.1, 0.8, """
        epic, heroic, hero, thunderous, powerful, dramatic, bold, mighty, monumental, intense, massive,
        colossal, rousing"""),
    "energetic": (0.3, 0.9, """
        energetic, energy, exciting, excited, excitement, driving, lively, vigorous, vibrant, pumping,
        frantic, wild, explosive, dynamic, adrenaline, party, festive, celebration, celebratory, high
        energy, bouncy, pulsing, pounding, raw, loud, heavy, action"""),
}  # fmt: skip

# (genre, valence, energy, phrases); a genre may have several rows
SCENES: tuple[tuple[str, float, float, str], ...] = (
    ("orchestral", -0.3, 0.9, """
        battle, war, fight, fighting, army, armies, attack, warrior, warriors, soldier, soldiers, sword,
        swords, siege, enemy, enemies, orc, orcs, dragon, charge, clash, blade, axe, cannon, shield"""),
    ("orchestral", 0.3, 0.4, """
        castle, king, queen, kingdom, throne, palace, empire, royal, prince, princess, knight, banner,
        crown, tower, fortress, matte painting, mountain, mountains, valley, alp, cliff, journey, quest,
        eagle"""),
    ("orchestral", -0.7, -0.1, """
        dungeon, undead, skeleton, skeletons, ghost, ghosts, demon, tomb, grave, graveyard, cemetery, lich,
        necromancer, shadow, shadows, ruins, ruin, blood, death, corpse, swamp, skull, crypt, volcano"""),
    ("ambient", -0.2, -0.6, """
        night, moon, moonlight, star, stars, starry, space, galaxy, planet, nebula, sky, fog, mist, cave,
        ice, snow, winter, frozen, glacier, underwater, jellyfish, dusk, twilight, cloud, clouds, dream"""),
    ("ambient", 0.2, -0.6, """
        sea, ocean, lake, lakeside, river, water, waterfall, seashore, coral, rain, desert, dunes"""),
    ("folk", 0.4, 0.1, """
        village, forest, woods, tree, trees, elf, elves, elvish, dwarf, dwarves, inn, farm, meadow, hut,
        thatch, peasant, market, sheep, goat, countryside, garden, bow, quiver, horse, wagon, barn, yurt,
        cloak"""),
    ("chamber", 0.2, -0.3, """
        church, cathedral, monastery, priest, temple, prayer, altar, museum, gallery, portrait, painting,
        dress, gown, ballroom, candle, vase, library, book, bust, fountain, mansion, gondola"""),
    ("newage", 0.3, -0.7, """
        flower, flowers, sunrise, sunset, dawn, baby, child, cat, kitten, dog, puppy, bird, birds,
        butterfly, autumn, leaves, home, window, mother, family, daisy, morning, spring, bed"""),
    ("latin", 0.8, 0.5, """
        beach, hawaii, tropical, palm, vacation, tourist, summer, holiday, swimming, surf, sandbar, bikini,
        carnival, sarong, maraca, parrot, flamingo"""),
    ("pop", 0.6, 0.5, """
        friends, smile, people, woman, girl, boy, couple, phone, shopping, cartoon, comic, balloon,
        children, playground, toy, toyshop, food, ice cream, sport, ball, bicycle"""),
    ("electronic", 0.1, 0.6, """
        city, neon, robot, cyberpunk, computer, car, cars, traffic, skyscraper, future, futuristic, machine,
        laser, screen, nightclub, dancer, dancing, sports car, laptop, spaceship, train, racing"""),
    ("hiphop", 0.1, 0.1, """
        street, graffiti, skateboard, sneaker, urban, subway, basketball, running shoe, jean"""),
    ("jazz", 0.3, 0.0, """
        bar, restaurant, cocktail, wine, cafe, coffee, espresso, smoke, paris, suit, bow tie, hotel"""),
    ("rock", 0.1, 0.8, """
        motorcycle, road, highway, crowd, concert, stage, leather, fire, storm, truck, thunder, lava"""),
    ("country", 0.5, 0.2, """
        ranch, cowboy hat, hay, prairie, tractor, saloon, canyon, pickup, fence, harvester"""),
)  # fmt: skip


@dataclass(frozen=True)
class Instrument:
    """A player of the soundfont."""

    program: int
    """General MIDI program, 0..127."""
    low: int
    """Lowest key of its good range."""
    high: int
    """Highest key of its good range."""
    family: str
    """What it does when a prompt asks for it: bass, lead, pluck, chord, riff or boom."""
    phrases: str = ""
    """Words for it in a prompt; none for one that only styles use."""


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument(0, 45, 88, "chord", "piano, grand piano, pianist, keys, keyboard"),
    "electric piano": Instrument(4, 45, 84, "chord", "electric piano, rhodes, wurlitzer"),
    "harpsichord": Instrument(6, 48, 84, "pluck", "harpsichord"),
    "celesta": Instrument(8, 60, 96, "pluck", """
        celesta, glockenspiel, chimes, bells, bell, music box, toy piano"""),
    "vibraphone": Instrument(11, 53, 89, "lead", "vibraphone, vibes"),
    "marimba": Instrument(12, 48, 84, "pluck", """
        marimba, xylophone, kalimba, steel drum, steel drums, steelpan"""),
    "organ": Instrument(16, 41, 84, "chord", "organ, hammond"),
    "church organ": Instrument(19, 36, 84, "chord", "church organ, pipe organ, cathedral organ"),
    "accordion": Instrument(21, 53, 86, "chord", "accordion, concertina, bandoneon"),
    "harmonica": Instrument(22, 60, 88, "lead", "harmonica"),
    "nylon guitar": Instrument(24, 45, 80, "pluck", """
        nylon guitar, classical guitar, spanish guitar, flamenco guitar, ukulele"""),
    "steel guitar": Instrument(25, 45, 80, "pluck", """
        guitar, guitars, acoustic guitar, acoustic guitars, steel guitar"""),
    "jazz guitar": Instrument(26, 45, 80, "chord", "jazz guitar, archtop"),
    "electric guitar": Instrument(27, 45, 82, "chord", "electric guitar, electric guitars, clean guitar"),
    "overdriven guitar": Instrument(29, 45, 84, "lead", """
        overdriven guitar, guitar riff, guitar riffs, guitar solo, crunchy guitar"""),
    "distortion guitar": Instrument(30, 40, 84, "riff", """
        distorted guitar, distorted guitars, distortion, heavy guitar, heavy guitars, shredding"""),
    "acoustic bass": Instrument(32, 28, 55, "bass", """
        double bass, upright bass, contrabass, acoustic bass, walking bass"""),
    "electric bass": Instrument(33, 28, 52, "bass", """
        bass, bass guitar, electric bass, bassline, basslines, bass line"""),
    "slap bass": Instrument(36, 28, 52, "bass", "slap bass"),
    "synth bass": Instrument(38, 28, 52, "bass", "synth bass, sub bass, 808, deep bass, wobble bass"),
    "violin": Instrument(40, 57, 93, "lead", "violin, violins, fiddle, viola"),
    "cello": Instrument(42, 38, 72, "lead", "cello, cellos"),
    "harp": Instrument(46, 43, 93, "pluck", "harp, lyre, arpeggios"),
    "strings": Instrument(48, 40, 84, "chord", "strings, string section, string, string ensemble, bowed"),
    "choir": Instrument(52, 48, 79, "chord", """
        choir, chorus, vocals, vocal, voices, voice, chant, chanting, choral, singing, humming"""),
    "trumpet": Instrument(56, 57, 84, "lead", "trumpet, trumpets"),
    "trombone": Instrument(57, 40, 70, "lead", "trombone, trombones, tuba"),
    "horn": Instrument(60, 43, 74, "lead", "horn, horns, french horn, french horns"),
    "brass": Instrument(61, 45, 79, "chord", "brass, brass section, bugle"),
    "saxophone": Instrument(66, 50, 80, "lead", "saxophone, sax, saxophones, tenor sax, alto sax"),
    "oboe": Instrument(68, 60, 88, "lead", "oboe, cor anglais, bassoon"),
    "clarinet": Instrument(71, 52, 88, "lead", "clarinet, woodwind, woodwinds, winds"),
    "flute": Instrument(73, 62, 94, "lead", "flute, flutes, piccolo"),
    "recorder": Instrument(74, 65, 93, "lead", "recorder, pan flute, whistle, tin whistle, ocarina, pipes"),
    "synth lead": Instrument(81, 52, 88, "lead", """
        synth, synths, synthesizer, synthesizers, synthesiser, lead synth, arpeggiator"""),
    "pad": Instrument(89, 45, 84, "chord", "pad, pads, synth pad, synth pads, drones"),
    "sitar": Instrument(104, 50, 80, "lead", "sitar"),
    "banjo": Instrument(105, 50, 84, "pluck", "banjo, mandolin"),
    "bagpipe": Instrument(109, 57, 81, "lead", "bagpipe, bagpipes"),
    "shamisen": Instrument(107, 50, 84, "lead", "koto, shamisen, guzheng, pipa"),
    "timpani": Instrument(47, 38, 55, "boom", "timpani, kettle drum, kettle drums, kettledrums"),
    "taiko": Instrument(116, 38, 60, "boom", "taiko, war drum, war drums, tribal drums, tribal percussion"),
    "tubular bells": Instrument(14, 55, 77, "lead", """
        tubular bells, church bells, church bell, tolling bell"""),
    "low strings": Instrument(48, 31, 57, "bass"),
    "saw chords": Instrument(90, 48, 84, "chord"),
}  # fmt: skip

DRUMS = """
    drums, drum, percussion, drumming, drumbeat, beat, backbeat, snare, kick, timpani, taiko, war drums, hi
    hats, bongos, congas, cymbals, drum machine, tambourine, rhythm section, breakbeat, percussive, hand
    drums"""
DRUMLESS = "drumless, beatless, a cappella, solo piano, piano solo, drum free"

# name: (share of the way from the style's slowest to its fastest tempo, phrases)
TEMPI: dict[str, tuple[float, str]] = {
    "very slow": (-0.25, "very slow, extremely slow, largo, grave tempo, lento, slowest"),
    "slow": (0.0, "slow, slowly, adagio, slow tempo, slow paced, unhurried, down tempo, sluggish"),
    "medium": (0.45, "andante, moderate, moderato, mid tempo, medium tempo, steady, walking pace"),
    "fast": (1.0, """
        fast, quick, rapid, allegro, brisk, fast paced, up tempo, uptempo, speedy, racing tempo, swift"""),
    "very fast": (1.3, "very fast, presto, vivace, prestissimo, breakneck, blazing, furious pace"),
}  # fmt: skip

MODES: dict[str, str] = {
    "major": "major, major key, ionian",
    "minor": "minor, minor key, aeolian",
    "dorian": "dorian",
    "phrygian": "phrygian",
    "lydian": "lydian",
    "mixolydian": "mixolydian",
    "harmonic minor": "harmonic minor, arabic, middle eastern, egyptian, oriental",
}

NEGATIONS = {"no", "not", "without", "never", "non", "isn't", "nor", "lacking", "minus", "neither", "avoid"}
REACH = {"or", "nor", "any", "a", "the", "too", "very", "so", "overly", "at", "all", "and", "of", "be", "it"}
"""Words that a negation passes over on its way to the word it denies."""
