package interop

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"filippo.io/torchwood"
	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestVerifierKeyIsTheFirstOfTheKeySet(t *testing.T) {
	response, err := http.Get(setting(t, "JWKS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []struct{ Kty, Crv, X string }
	}
	if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%v: %s", err, body)
	}
	public, err := base64.RawURLEncoding.DecodeString(set.Keys[0].X)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := note.NewEd25519VerifierKey(verifier(t).Name(), public)
	if err != nil || vkey != setting(t, "RECORD_VKEY") {
		t.Fatalf("the key set has %s, the service says %s (%v)", vkey, setting(t, "RECORD_VKEY"), err)
	}
}

func TestTilesLeadToTheRootOfTheCheckpoint(t *testing.T) {
	checkpoint := open(t, get(t, "checkpoint"))
	if checkpoint.N <= 3*torchwood.TileWidth {
		t.Fatalf("only %d entries", checkpoint.N)
	}
	hashes := tlog.TileHashReader(checkpoint.Tree, tileReader{t})
	root, err := tlog.TreeHash(checkpoint.N, hashes)
	if err != nil || root != checkpoint.Hash {
		t.Fatalf("the tiles lead to %v instead of %v (%v)", root, checkpoint.Hash, err)
	}
}

func TestEveryEntryIsInTheTree(t *testing.T) {
	checkpoint := open(t, get(t, "checkpoint"))
	fetcher, err := torchwood.NewTileFetcher(setting(t, "RECORD_URL"), torchwood.WithHTTPClient(client(t)))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := torchwood.NewClient(fetcher)
	if err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for start := int64(-1); start != next; {
		start = next
		for index, entry := range entries.Entries(context.Background(), checkpoint.Tree, start) {
			var content struct{ Position int64 }
			if err := json.Unmarshal(entry, &content); err != nil || content.Position != index+1 || index != next {
				t.Fatalf("entry %d: %v: %s", index, err, entry)
			}
			next = index + 1
		}
		if err := entries.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if next != checkpoint.N {
		t.Fatalf("read %d of %d entries", next, checkpoint.N)
	}
}

func TestProofsAreAcceptedByTwoLibraries(t *testing.T) {
	size := open(t, get(t, "checkpoint")).N
	for _, position := range []int64{1, 2, 255, 256, 257, 512, 513, 700, size - 1, size} {
		parsed, err := parseProof(get(t, fmt.Sprintf("proof?position=%d", position)))
		if err != nil {
			t.Fatal(err)
		}
		checkpoint := open(t, parsed.checkpoint)
		if parsed.index != position-1 {
			t.Fatalf("position %d has the index %d", position, parsed.index)
		}
		leaf := tlog.RecordHash(parsed.entry)
		record := make(tlog.RecordProof, len(parsed.hashes))
		for i, hash := range parsed.hashes {
			record[i] = tlog.Hash(hash)
		}
		if err := tlog.CheckRecord(record, checkpoint.N, checkpoint.Hash, parsed.index, leaf); err != nil {
			t.Fatalf("position %d: %v", position, err)
		}
		verify := func(entry []byte) error {
			leaf := rfc6962.DefaultHasher.HashLeaf(entry)
			return merkle.VerifyInclusion(rfc6962.DefaultHasher, uint64(parsed.index), uint64(checkpoint.N), leaf,
				parsed.hashes, checkpoint.Hash[:])
		}
		if err := verify(parsed.entry); err != nil {
			t.Fatalf("position %d: %v", position, err)
		}
		if err := verify(bytes.ToUpper(parsed.entry)); err == nil {
			t.Fatalf("position %d: another entry is proved too", position)
		}
	}
}

func TestTheRecordContinuesAnEarlierCheckpoint(t *testing.T) {
	kept, err := os.ReadFile(setting(t, "RECORD_KEPT_CHECKPOINT"))
	if err != nil {
		t.Fatal(err)
	}
	older, newer := open(t, kept), open(t, get(t, "checkpoint"))
	if older.N == 0 || older.N >= newer.N {
		t.Fatalf("the record did not grow: %d, %d", older.N, newer.N)
	}
	proof, err := tlog.ProveTree(newer.N, older.N, tlog.TileHashReader(newer.Tree, tileReader{t}))
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		t.Fatal(err)
	}
	hashes := make([][]byte, len(proof))
	for i := range proof {
		hashes[i] = proof[i][:]
	}
	err = merkle.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.N), uint64(newer.N), hashes,
		older.Hash[:], newer.Hash[:])
	if err != nil {
		t.Fatal(err)
	}
}
