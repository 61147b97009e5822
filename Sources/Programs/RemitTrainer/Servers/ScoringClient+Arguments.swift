import CommandLines
import Foundation
import HTTPClient
import ScoringClient
import System
import Training

extension ScoringClient {
    /// A client of servers named on the command line.
    ///
    /// - Parameter apiKeyFile: a file whose first line is the key.
    /// - Throws: `HTTPClientError` for a text that is no address or no key, `TrainingError.fileFailed` where there is no such file.
    convenience init(
        servers: [String], apiKeyFile: String?, caFile: String?, hedgeAfter: Duration? = nil,
        spreads: Bool = false
    ) throws {
        self.init(
            ScoringClientConfiguration(
                servers: try servers.map { try ServerAddress($0) },
                apiKey: try apiKeyFile.map { try APIKey(Self.firstLine($0)) }, caFile: caFile,
                hedgeAfter: hedgeAfter, spreads: spreads))
    }

    private static func firstLine(_ path: String) throws -> String {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "the API key cannot be read")
        }
        return text.withoutByteOrderMark.split(whereSeparator: \.isNewline).first
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
}
