import Foundation
import HTTPClient
import ScoringClient

// How fast a server serves again what it has scored: the trainer's own client, binary both ways. See scripts/bench-serving.
// usage: BenchmarkServing URL SEQUENCES TOKENS_PER_SEQUENCE CONNECTIONS SECONDS        prints tokens, seconds, tokens a second
let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
guard let url = arguments.first, numbers.count == 4, numbers.allSatisfy({ $0 > 0 }) else {
    print("usage: BenchmarkServing URL SEQUENCES TOKENS_PER_SEQUENCE CONNECTIONS SECONDS")
    exit(2)
}
let work = ServingWork(sequences: numbers[0], length: numbers[1], connections: numbers[2])
let result = try work.run(ServerAddress(url), seconds: numbers[3])
print(
    "\(result.tokens) \(String(format: "%.3f", result.seconds)) "
        + String(format: "%.0f", Double(result.tokens) / result.seconds))
