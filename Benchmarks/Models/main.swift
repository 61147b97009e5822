import Foundation

// remit's side of scripts/bench, and the child process of tests that measure memory.
//
// `score`, `train` and `peak` are workers: they print a line when ready, then answer each line on standard input with one JSON
// object. `batch PATH` takes a batch, a JSON list of lists of token ids; `round` runs the work once; `scores PATH` writes the
// last round's log-probs, f32 little-endian, NaN at segment starts. So a driver can take turns between several programs that
// each hold their model.
let usage = """
    usage: BenchmarkModels score MODEL_DIR f32|bf16 THREADS
           BenchmarkModels train MODEL_DIR f32|bf16 THREADS
           BenchmarkModels peak THREADS
           BenchmarkModels memory MODEL_DIR TOKENS BATCHES
    """

func run(_ arguments: [String]) throws {
    switch (arguments.first, arguments.count) {
    case ("score", 4):
        try Worker.serve(
            ScoringWork(directory: arguments[1], precision: arguments[2], threads: threads(arguments[3])))
    case ("train", 4):
        try Worker.serve(
            TrainingWork(directory: arguments[1], precision: arguments[2], threads: threads(arguments[3])))
    case ("peak", 2): try Worker.serve(PeakWork(threads: threads(arguments[1])))
    case ("memory", 4):
        guard let tokens = Int(arguments[2]), let batches = Int(arguments[3]) else { throw UsageError() }
        print(try MemoryWork.run(directory: arguments[1], tokens: tokens, batches: batches).json)
    default: throw UsageError()
    }
}

struct UsageError: Error {}

func threads(_ text: String) throws -> Int {
    guard let threads = Int(text), threads > 0 else { throw UsageError() }
    return threads
}

do {
    try run(Array(CommandLine.arguments.dropFirst()))
} catch is UsageError {
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(2)
} catch {
    FileHandle.standardError.write(Data("BenchmarkModels: \(error)\n".utf8))
    exit(1)
}
