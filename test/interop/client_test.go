// Package interop checks the record of a running service with libraries that
// share no code with it, as an auditor would.
package interop

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// setting returns what the program that started the tests has told them.
func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; run the tests by npm run test:interop", name)
	}
	return value
}

// withKey sends the key of the service account with each request.
type withKey struct{ key string }

func (w withKey) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+w.key)
	return http.DefaultTransport.RoundTrip(request)
}

func client(t *testing.T) *http.Client {
	return &http.Client{Transport: withKey{setting(t, "RECORD_KEY")}}
}

// get returns the body of a path below /record/, which must exist.
func get(t *testing.T, path string) []byte {
	t.Helper()
	response, err := client(t).Get(setting(t, "RECORD_URL") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s (%v)", path, response.Status, body, err)
	}
	return body
}

func verifier(t *testing.T) note.Verifier {
	t.Helper()
	verifier, err := note.NewVerifier(setting(t, "RECORD_VKEY"))
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// open verifies the signature of a checkpoint and returns its contents.
func open(t *testing.T, signed []byte) torchwood.Checkpoint {
	t.Helper()
	key := verifier(t)
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		t.Fatalf("%v: %s", err, signed)
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		t.Fatal(err)
	}
	if checkpoint.Origin != key.Name() || checkpoint.Extension != "" {
		t.Fatalf("unexpected checkpoint: %s", opened.Text)
	}
	return checkpoint
}

// tileReader fetches tiles for golang.org/x/mod/sumdb/tlog, which checks them
// against the root of the checkpoint.
type tileReader struct{ t *testing.T }

func (r tileReader) Height() int { return torchwood.TileHeight }

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data[i] = get(r.t, torchwood.TilePath(tile))
	}
	return data, nil
}

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// proof is a C2SP tlog-proof with the entry as its extra data.
type proof struct {
	entry      []byte
	index      int64
	hashes     [][]byte
	checkpoint []byte
}

func parseProof(text []byte) (proof, error) {
	head, checkpoint, _ := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return proof{}, fmt.Errorf("not a proof: %s", head)
	}
	extra, isExtra := strings.CutPrefix(lines[1], "extra ")
	digits, isIndex := strings.CutPrefix(lines[2], "index ")
	entry, err := base64.StdEncoding.Strict().DecodeString(extra)
	if err != nil || !isExtra || !isIndex {
		return proof{}, fmt.Errorf("malformed proof: %s", head)
	}
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(index, 10) != digits {
		return proof{}, fmt.Errorf("malformed index: %s", digits)
	}
	hashes := [][]byte{}
	for _, line := range lines[3:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return proof{}, fmt.Errorf("malformed hash: %s", line)
		}
		hashes = append(hashes, hash)
	}
	return proof{entry, index, hashes, checkpoint}, nil
}
