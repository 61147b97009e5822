import Foundation
import Tokenizers

// Encoding speed of one thread, per second of CPU time.
// usage: swift run -c release BenchmarkTokenizers TOKENIZER.json TEXT_FILE [PIECE_BYTES]
let arguments = CommandLine.arguments.dropFirst()
guard let tokenizerPath = arguments.first, let textPath = arguments.dropFirst().first,
    let pieceBytes = Int(arguments.dropFirst(2).first ?? "8192"), pieceBytes > 0
else {
    print("usage: BenchmarkTokenizers TOKENIZER.json TEXT_FILE [PIECE_BYTES]")
    exit(2)
}
let tokenizer = try Tokenizer(contentsOf: tokenizerPath)
let text = try String(contentsOfFile: textPath, encoding: .utf8)

// Pieces end between characters.
var pieces: [[UInt8]] = [[]]
for character in text {
    if pieces[pieces.count - 1].count >= pieceBytes { pieces.append([]) }
    pieces[pieces.count - 1] += Array(String(character).utf8)
}

var tokens = 0
var bytes = 0
let start = clock()
repeat {
    for piece in pieces {
        tokens += try tokenizer.encode(utf8: piece, addSpecialTokens: false).ids.count
        bytes += piece.count
    }
} while Double(clock() - start) / Double(CLOCKS_PER_SEC) < 2
let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
print(
    String(
        format: "%.1f MB a CPU second, %.2f M tokens a CPU second, %.2f bytes a token", Double(bytes) / seconds / 1e6,
        Double(tokens) / seconds / 1e6, Double(bytes) / Double(tokens)))
