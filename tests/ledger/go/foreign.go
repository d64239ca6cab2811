// Reads our public log with the Go checksum database's own packages (golang.org/x/mod/sumdb), which
// know nothing of us.
//
//	foreign check FOLDER          verify checkpoint, tiles, bundles and proofs; say what was found
//	foreign sign NAME < TEXT      make a key, sign the text; print the verifier key, then the note
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// proofs are what our programs computed, for Go to judge.
type proofs struct {
	Inclusion []struct {
		Index int64
		Path  []tlog.Hash
	}
	Consistency []struct {
		Old  int64
		Root tlog.Hash
		Path []tlog.Hash
	}
}

// files reads tiles from a folder in the layout of c2sp.org/tlog-tiles, which leaves out the height.
type files struct{ folder string }

func (f files) Height() int { return height }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, path(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f files) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func main() {
	must(len(os.Args) == 3, "expected check FOLDER or sign NAME")
	if os.Args[1] == "sign" {
		sign(os.Args[2])
		return
	}
	check(os.Args[2])
}

func sign(name string) {
	text, err := io.ReadAll(os.Stdin)
	ok(err)
	secret, vkey, err := note.GenerateKey(nil, name)
	ok(err)
	signer, err := note.NewSigner(secret)
	ok(err)
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	ok(err)
	fmt.Printf("%s\n%s", vkey, signed)
}

func check(folder string) {
	tree := head(folder)
	stored := rebuild(tree, bundles(folder, tree.N))
	tiles(folder, stored)
	reader := tlog.TileHashReader(tree, files{folder})
	leaves := leafHashes(tree, reader)
	given := read(folder)
	for _, p := range given.Inclusion {
		ok(tlog.CheckRecord(p.Path, tree.N, tree.Hash, p.Index, leaves[p.Index]))
		own, err := tlog.ProveRecord(tree.N, p.Index, reader)
		ok(err)
		must(same(own, p.Path), "Go proves leaf %d by another path", p.Index)
	}
	for _, p := range given.Consistency {
		ok(tlog.CheckTree(p.Path, tree.N, tree.Hash, p.Old, p.Root))
		own, err := tlog.ProveTree(tree.N, p.Old, reader)
		ok(err)
		must(same(own, p.Path), "Go proves growth from %d by another path", p.Old)
	}
	fmt.Printf("%d entries, %d paths, %d growths\n", tree.N, len(given.Inclusion), len(given.Consistency))
}

func head(folder string) tlog.Tree {
	vkey, err := os.ReadFile(filepath.Join(folder, "vkey"))
	ok(err)
	verifier, err := note.NewVerifier(string(vkey))
	ok(err)
	raw, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	ok(err)
	opened, err := note.Open(raw, note.VerifierList(verifier))
	ok(err)
	lines := strings.Split(opened.Text, "\n")
	must(len(lines) == 4 && lines[3] == "", "expected three lines, found %q", opened.Text)
	must(lines[0] == verifier.Name(), "expected the origin %s, found %s", verifier.Name(), lines[0])
	size, err := strconv.ParseInt(lines[1], 10, 64)
	ok(err)
	root, err := tlog.ParseHash(lines[2])
	ok(err)
	return tlog.Tree{N: size, Hash: root}
}

// rebuild hashes all entries anew; the tree must be the one that was signed.
func rebuild(tree tlog.Tree, entries [][]byte) tlog.HashReader {
	must(int64(len(entries)) == tree.N, "expected %d entries, found %d", tree.N, len(entries))
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	for n, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(n), entry, reader)
		ok(err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	ok(err)
	must(root == tree.Hash, "the entries lead to the root %s, the checkpoint has %s", root, tree.Hash)
	return reader
}

// tiles compares every tile of the folder with the one that Go makes. (TileHashReader alone will not
// do: before 2026 it left some tiles unchecked, CVE-2026-56865.)
func tiles(folder string, stored tlog.HashReader) {
	ok(filepath.Walk(filepath.Join(folder, "tile"), func(file string, info os.FileInfo, err error) error {
		ok(err)
		name, err := filepath.Rel(folder, file)
		ok(err)
		if info.IsDir() || strings.HasPrefix(name, "tile/entries/") {
			return nil
		}
		tile, err := tlog.ParseTilePath(strings.Replace(name, "tile/", fmt.Sprintf("tile/%d/", height), 1))
		ok(err)
		expected, err := tlog.ReadTileData(tile, stored)
		ok(err)
		found, err := os.ReadFile(file)
		ok(err)
		must(bytes.Equal(expected, found), "%s is not the tile that Go makes", name)
		return nil
	}))
}

func leafHashes(tree tlog.Tree, reader tlog.HashReader) []tlog.Hash {
	var indexes []int64
	for n := int64(0); n < tree.N; n++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, n))
	}
	leaves, err := reader.ReadHashes(indexes)
	ok(err)
	return leaves
}

func bundles(folder string, size int64) [][]byte {
	var entries [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: height, L: -1, N: n, W: 256}
		if size-n*256 < 256 {
			tile.W = int(size - n*256)
		}
		name := strings.Replace(path(tile), "tile/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, name))
		ok(err)
		for rest := bytes.NewBuffer(data); rest.Len() > 0; {
			length := int(binary.BigEndian.Uint16(rest.Next(2)))
			must(rest.Len() >= length, "%s ends within an entry", name)
			entries = append(entries, append([]byte{}, rest.Next(length)...))
		}
	}
	return entries
}

func read(folder string) proofs {
	var given proofs
	raw, err := os.ReadFile(filepath.Join(folder, "proofs.json"))
	ok(err)
	ok(json.Unmarshal(raw, &given))
	return given
}

func same(one, other []tlog.Hash) bool {
	if len(one) != len(other) {
		return false
	}
	for i := range one {
		if one[i] != other[i] {
			return false
		}
	}
	return true
}

func ok(err error) {
	if err != nil {
		must(false, "%v", err)
	}
}

func must(holds bool, format string, values ...any) {
	if !holds {
		fmt.Fprintf(os.Stderr, format+"\n", values...)
		os.Exit(1)
	}
}
