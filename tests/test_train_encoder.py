"""Tiny end-to-end training runs: a random two-layer BERT, made-up sentences, seconds, no network."""

import json
import lzma
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from index.encoder import open_encoder
from index.sentence import sentences
from scripts.train_align import ibm_model_1
from scripts.train_encoder import main
from scripts.train_loop import Checkpoint, Embedder, load_encoder, question_loss
from scripts.train_pairs import Group, cut, groups_of, neighbourhoods, read_groups, read_lines

NOUNS = {"bridge": "jembatan", "market": "pasar", "river": "sungai", "school": "sekolah", "harbour": "pelabuhan"}
COLOURS = {"red": "merah", "green": "hijau", "blue": "biru", "white": "putih"}
ENGLISH = [*NOUNS, *COLOURS, "the", "is", "where", "stands", "beside", "old", "town", "hall", "what", "colour"]
PAIRS = [(f"the {a} {b} stands", f"berdiri {NOUNS[b]} {COLOURS[a]} itu") for a in COLOURS for b in NOUNS]
MODULES = {
    "Transformer": {"max_seq_length": 256, "do_lower_case": False},
    "Pooling": {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
    "Normalize": {},
}


def make_encoder(folder: Path, words: list[str], seed: int = 1) -> Path:
    """Write a random BERT over whole words, single letters and the special pieces."""
    start = folder / "start"
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{x}" for x in letters), *words]
    rows = {piece: row for row, piece in enumerate(pieces)}
    tokenizer = Tokenizer(WordPiece(rows, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    names = {f"{name.lower()}_token": f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP", "MASK")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **names).save_pretrained(start)
    torch.manual_seed(seed)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(pieces), **shape)).save_pretrained(start)
    modules = []
    for number, (name, config) in enumerate(MODULES.items()):
        path = f"{number}_{name}" if number else ""
        modules.append(
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{name}"}
        )
        if config:
            (start / path).mkdir(exist_ok=True)
            (start / path / ("config.json" if number else "sentence_bert_config.json")).write_text(json.dumps(config))
    (start / "modules.json").write_text(json.dumps(modules))
    return start


@pytest.fixture
def start(tmp_path: Path) -> Path:
    words = [*NOUNS.values(), *COLOURS.values(), "di", "mana", "letak", "berdiri", "itu", "warna", "tua"]
    return make_encoder(tmp_path, [*ENGLISH, *words])


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "made-up.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        for colour in COLOURS.values():
            for noun in NOUNS.values():
                row = {"question": f"di mana letak {noun} {colour}", "passage": f"{noun} {colour} itu berdiri tua"}
                file.write(json.dumps(row | {"answer": "", "set": "made-up"}) + "\n")
    return path


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{english}\t{indonesian}\tmade-up\t1.0\n" for english, indonesian in PAIRS))
    return path


def losses(out: Path, name: str) -> list[float]:
    """The losses of a run's log, in order."""
    return [float(x) for x in re.findall(rf"{name} loss ([\d.]+)", out.with_name(out.name + ".log").read_text())]


def firsts(folder: Path, left: list[str], right: list[str]) -> float:
    """The share of left texts whose own right text ranks first."""
    encoder = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    scores = encoder.encode(left) @ encoder.encode(right).T
    return float((scores.argmax(1) == np.arange(len(left))).mean())


def test_contrast_learns_its_pairs_and_writes_an_fp16_folder(start, questions, parallel, tmp_path):
    out = tmp_path / "trained"
    options = (
        "--batch 20 --neighbours 10 --epochs 40 --rate 0.005 --warmup 5 --log-every 5 --parallel-every 2 --threads 1"
    )
    data = ["--questions", str(questions), "--parallel", str(parallel), "--parallel-batch", "20"]
    main(["contrast", "--init", str(start), "--out", str(out), *data, *options.split()])
    for name in ("questions", "parallel"):
        assert losses(out, name)[-1] < 0.3 * losses(out, name)[0]
    rows = [json.loads(line) for line in read_lines(questions)]
    assert firsts(out, [row["question"] for row in rows], [row["passage"] for row in rows]) == 1.0
    assert firsts(out, [pair[0] for pair in PAIRS], [pair[1] for pair in PAIRS]) == 1.0
    encoder = SentenceTransformer(str(out), device="cpu")
    assert encoder.max_seq_length == 256
    assert next(encoder.parameters()).dtype == torch.float16
    assert [type(module).__name__ for module in encoder] == ["Transformer", "Pooling", "Normalize"]


def test_a_resumed_run_ends_where_an_unbroken_one_ends(start, questions, tmp_path, monkeypatch):
    options = f"--init {start} --questions {questions} --batch 10 --epochs 2 --rate 0.003 --threads 1"
    main(["contrast", *options.split(), "--out", str(tmp_path / "whole")])
    save = Checkpoint.save

    def save_and_break(self: Checkpoint, step: int, spent: float) -> None:
        save(self, step, spent)
        raise KeyboardInterrupt

    broken = ["contrast", *options.split(), "--out", str(tmp_path / "broken")]
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_break)
        with pytest.raises(KeyboardInterrupt):
            main([*broken, "--checkpoint-minutes", "0"])
    assert not (tmp_path / "broken").exists()
    main([*broken, "--resume"])
    assert "4 steps, from step 1" in (tmp_path / "broken.log").read_text()
    whole, resumed = (load_encoder(tmp_path / name).state_dict() for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_align_then_distill_brings_indonesian_to_the_teacher(parallel, tmp_path):
    teacher = make_encoder(tmp_path, ENGLISH)
    aligned, out = tmp_path / "aligned", tmp_path / "distilled"
    main(["align", "--init", str(teacher), "--out", str(aligned), "--parallel", str(parallel), "--pieces", "120"])
    student, source = load_encoder(aligned), load_encoder(teacher)

    def row(encoder: SentenceTransformer, piece: str) -> torch.Tensor:
        table = encoder[0].auto_model.embeddings.word_embeddings.weight
        return table[encoder.tokenizer.convert_tokens_to_ids(piece)]

    near = torch.nn.functional.cosine_similarity(row(student, "pasar"), row(source, "market"), dim=0)
    assert near > 0.95
    assert torch.allclose(row(student, "market"), row(source, "market"), atol=1e-3)
    assert "hall" in source.tokenizer.get_vocab()
    assert "hall" not in student.tokenizer.get_vocab()  # neither side uses it
    options = "--batch 20 --epochs 40 --rate 0.005 --warmup 5 --log-every 5 --threads 1"
    files = ["--teacher", str(teacher), "--parallel", str(parallel)]
    main(["distill", "--init", str(aligned), "--out", str(out), *files, *options.split()])
    assert losses(out, "indonesian")[-1] < losses(out, "indonesian")[0] - 0.2
    assert firsts(out, [pair[1] for pair in PAIRS], [pair[0] for pair in PAIRS]) == 1.0


def test_interpolate_keeps_the_ends(start, tmp_path):
    other = make_encoder(tmp_path / "other", [*ENGLISH, *(f"w{n}" for n in range(16))], seed=2)
    first, second = load_encoder(start).state_dict(), load_encoder(other).state_dict()
    for share in (0.0, 0.25, 1.0):
        out = tmp_path / f"mixed{share}"
        main(["interpolate", "--start", str(start), "--end", str(other), "--out", str(out), "--share", str(share)])
        mixed = load_encoder(out).state_dict()
        for name in first:
            assert torch.allclose(mixed[name], torch.lerp(first[name], second[name], share), atol=1e-3)


def test_interpolate_refuses_two_shapes(start, tmp_path):
    other = make_encoder(tmp_path / "other", ENGLISH)
    with pytest.raises(SystemExit, match="same shape"):
        main(["interpolate", "--start", str(start), "--end", str(other), "--out", str(tmp_path / "x")])


def test_a_missing_file_is_one_clear_line(start, questions, tmp_path):
    with pytest.raises(SystemExit, match=r"^train_encoder: no such file: .*absent\.jsonl$"):
        main(["contrast", "--init", str(start), "--out", str(tmp_path / "x"), "--questions", "absent.jsonl"])
    with pytest.raises(SystemExit, match="no sentence-transformers folder: nowhere"):
        main(["contrast", "--init", "nowhere", "--out", str(tmp_path / "x"), "--questions", str(questions)])


@pytest.mark.parametrize("stage", ["align", "distill", "contrast", "interpolate"])
def test_help_explains_every_option(stage, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([stage, "--help"])
    assert "--out" in capsys.readouterr().out


def words(text: str) -> int:
    return len(text.split())


def test_cut_keeps_the_answer_and_the_limit():
    passage = " ".join(f"Kalimat nomor {n} tentang benda{n}." for n in range(20))
    for n in range(20):
        part = cut(passage, "Apa?", f"benda{n}", 17, words)
        assert f"benda{n}" in part
        assert part in passage
        assert 12 < words(part) <= 17
    assert "benda7" in cut(passage, "Kalimat mana tentang benda7?", "", 17, words)
    assert cut("Pendek.", "Apa?", "", 17, words) == "Pendek."
    assert cut("satu dua tiga empat", "Apa?", "", 3, words) == "satu dua tiga empat"  # one sentence stays whole


def test_questions_that_a_cut_does_not_answer_get_their_own_cut():
    passage = " ".join(f"Kalimat nomor {n} tentang benda{n}." for n in range(20))
    rows = [{"question": f"Apa {n}?", "answer": f"benda{n}."} for n in (1, 2, 18)]
    first, second = groups_of(passage, rows, 15, 3, words)
    assert first.questions == ["Apa 1?", "Apa 2?"]
    assert second.questions == ["Apa 18?"]


def test_headlines_ask_for_their_articles_and_caps_hold(tmp_path):
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"title": f"Judul {n}", "body": f"Isi {n}."}) + "\n" for n in range(9)))
    groups = read_groups([path], {"headlines": 4}, 50, 3, words, seed=1)
    assert len(groups) == 4
    assert all(group.questions[0].split()[1] == group.passage.split()[1].rstrip(".") for group in groups)


def test_a_passage_that_holds_the_answer_is_no_negative():
    groups = [Group("a", "a", ["q"], ["jawaban"]), Group("ada jawaban", "b", ["q"], ["lain"])]
    same = torch.eye(2)[[0, 0]]
    loss, _ = question_loss(same[:1] @ same.T, [groups[0], Group("ada jawaban", "b")], 0.05)
    assert loss.item() < 1e-6
    loss, _ = question_loss(same[:1] @ same.T, [groups[0], Group("lain sekali", "b")], 0.05)
    assert loss.item() == pytest.approx(np.log(2), abs=1e-5)


def test_neighbourhoods_hold_every_row_once_and_near_rows_together():
    vectors = np.repeat(np.eye(8, dtype=np.float32), 4, axis=0)
    batches = neighbourhoods(vectors, 4, 8, seed=3)
    assert sorted(row for batch in batches for row in batch) == list(range(32))
    for batch in batches:
        assert {row // 4 for row in batch[:4]} == {batch[0] // 4}
    assert batches == neighbourhoods(vectors, 4, 8, seed=3)


def test_ibm_model_1_tells_words_apart_that_always_change_company():
    sources = [[1, 2], [1, 3], [2, 3]]
    targets = [[5, 6], [5, 7], [6, 7]]
    source, target, chance = ibm_model_1(sources, targets, width=10, rounds=20)
    best = {s: target[source == s][chance[source == s].argmax()] for s in (1, 2, 3)}
    assert best == {1: 5, 2: 6, 3: 7}


def test_slices_do_not_change_vectors_or_their_order(start):
    encoder = load_encoder(start)
    texts = [pair[0] for pair in PAIRS] + ["the", "is"]
    with torch.inference_mode():
        ours = Embedder(encoder, slice_size=3)(texts).numpy()
    assert np.allclose(ours, encoder.encode(texts), atol=1e-5)


def test_training_in_bfloat16_weighs_in_float32(start):
    texts = ["the cat sat. it is here.", "is it", "here. there. the cat is there."]
    questions = torch.nn.functional.normalize(torch.randn(2, 32, generator=torch.manual_seed(7)), dim=-1)
    exact, halved = (
        Embedder(load_encoder(start), 2, bf16=bf16).similarities(questions, texts, 64, 0.7) for bf16 in (False, True)
    )
    assert halved.dtype == torch.float32
    assert halved.detach().numpy() == pytest.approx(exact.detach().numpy(), abs=0.02)
    assert not torch.equal(halved, exact)
    halved.sum().backward()


def test_training_weighs_passages_as_search_does(start):
    texts = ["the cat sat. it is here.", "is it", "here. there. the cat is there."]
    encoder = open_encoder(str(start))
    questions = encoder.encode_queries(["where is the cat"])
    whole, parts = encoder.encode_with_sentences(texts, [sentences(text) for text in texts])
    expected = [
        0.3 * questions @ own + 0.7 * (questions @ part.T).max() for own, part in zip(whole, parts, strict=True)
    ]
    with torch.inference_mode():
        ours = Embedder(load_encoder(start), 2).similarities(torch.from_numpy(questions), texts, 64, 0.7)
    assert np.allclose(ours.numpy(), np.stack(expected, axis=1), atol=1e-4)
