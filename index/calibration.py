"""How close do unrelated questions come in this index? Measured at build time, used by the verdict.

An encoder gives every question some nearest passage; how near "nothing relevant" is depends on the archive. So a set
of everyday questions from many walks of life is asked once, and where their nearest passages lie is remembered.
An archive may well answer a few of them, hence the median and not the mean. In one language they come nearer than in
the other: to an Indonesian archive by some 0.03 to 0.08 in Indonesian.
"""

from typing import Any

import numpy as np

from index.encoder import Encoder
from index.text import query_language
from index.vectors import VectorStore

REPEAT_AT = 1.2  # measured again once the index has grown or shrunk by so much

EVERYDAY_QUESTIONS = (
    "Bagaimana cara membuat rendang yang empuk?",
    "Berapa lama merebus telur setengah matang?",
    "Apa obat alami untuk sakit gigi?",
    "Bagaimana cara mengganti ban mobil?",
    "Berapa gaji rata-rata pemain sepak bola Liga Inggris?",
    "Siapa pencipta lagu Bengawan Solo?",
    "Apa perbedaan laptop dan komputer meja?",
    "Bagaimana cara menanam cabai di pot?",
    "Kapan musim durian tiba?",
    "Apa gejala alergi susu pada bayi?",
    "Di mana membeli sepatu lari yang murah?",
    "Bagaimana cara menghitung luas lingkaran?",
    "Apa nama ibu kota Australia?",
    "Berapa jumlah planet di tata surya?",
    "Siapa penulis novel Laskar Pelangi?",
    "Bagaimana cara memulihkan kata sandi surel?",
    "Apa arti mimpi dikejar ular?",
    "Berapa harga emas per gram hari ini?",
    "Bagaimana cara merawat kucing yang baru lahir?",
    "Film apa yang memenangi Oscar tahun lalu?",
    "Apa manfaat minum teh hijau setiap hari?",
    "Bagaimana cara mengurus paspor anak?",
    "Apa resep kue lapis legit?",
    "Kapan Candi Borobudur dibangun?",
    "Bagaimana cara bermain gitar untuk pemula?",
    "Berapa kecepatan cahaya di ruang hampa?",
    "Apa tips menghemat listrik di rumah?",
    "Siapa pemenang kejuaraan bulu tangkis dunia?",
    "Bagaimana proses terjadinya hujan?",
    "Apa warna cat yang cocok untuk kamar tidur kecil?",
    "Berapa tinggi gunung tertinggi di dunia?",
    "Jenis ikan hias apa yang mudah dipelihara?",
    "How do I bake a chocolate cake?",
    "What is the boiling point of water at high altitude?",
    "Who painted the Mona Lisa?",
    "How many players are on a basketball team?",
    "What are the symptoms of the common cold?",
    "How do I reset my phone to factory settings?",
    "What is the best way to learn the piano?",
    "When does the cherry blossom season start in Kyoto?",
    "How do vaccines train the immune system?",
    "Which vitamins are good for the skin?",
    "What time does the train to Bandung leave?",
    "How do I remove a coffee stain from a shirt?",
    "Who won the last Formula One race?",
    "What is the population of Iceland?",
    "How long do tortoises live?",
    "What is the plot of Romeo and Juliet?",
    "How do I tie a bow tie?",
    "What is the square root of two?",
    "How do bees make honey?",
    "Which camera is best for beginners?",
    "What causes earthquakes?",
    "How much protein is in an egg?",
    "Who invented the telephone?",
    "What are the rules of chess?",
    "How do I train a puppy to sit?",
    "What is the cheapest way to travel to Bali?",
    "How deep is the Mariana Trench?",
    "What is the difference between a virus and a bacterium?",
    "How do I fix a leaking tap?",
    "Which trees lose their leaves in autumn?",
    "What is the most popular video game this year?",
    "How do I write a cover letter for a job?",
)


def calibrate(encoder: Encoder, vectors: VectorStore, before: dict[str, Any] | None, passages: int) -> dict[str, Any]:
    """Where the nearest passages of unrelated questions lie: the median of their cosines, of all and by language.

    Gives back `before` while the index has neither changed its encoder nor grown or shrunk by REPEAT_AT.
    """
    if before and before["encoder"] == encoder.fingerprint and "by_language" in before:
        growth = (passages + 1) / (before["passages"] + 1)
        if 1 / REPEAT_AT <= growth <= REPEAT_AT:
            return before
    nearest: list[float] = []
    by_language: dict[str, list[float]] = {}
    if passages:
        for question, vector in zip(EVERYDAY_QUESTIONS, encoder.encode_queries(EVERYDAY_QUESTIONS), strict=True):
            for _, score in vectors.search(vector, 1):
                nearest.append(score)
                by_language.setdefault(query_language(question) or "", []).append(score)
    median = float(np.median(nearest)) if nearest else 0.0
    medians = {language: float(np.median(scores)) for language, scores in by_language.items()}
    return {"encoder": encoder.fingerprint, "passages": passages, "median": median, "by_language": medians}
