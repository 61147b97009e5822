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
    /// - Throws: `HTTPClientError` for a text that is no address, `TrainingError.fileFailed` for a file that is not there or holds no key.
    convenience init(
        servers: [String], apiKeyFile: String?, caFile: String?, hedgeAfter: Duration? = nil,
        spreads: Bool = false
    ) throws {
        self.init(
            ScoringClientConfiguration(
                servers: try servers.map { try ServerAddress($0) },
                apiKey: try apiKeyFile.map(Self.key), caFile: caFile,
                hedgeAfter: hedgeAfter, spreads: spreads))
    }

    private static func key(_ path: String) throws -> APIKey {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "the API key cannot be read")
        }
        let line = text.withoutByteOrderMark.split(whereSeparator: \.isNewline).first ?? ""
        do {
            return try APIKey(line.trimmingCharacters(in: .whitespaces))
        } catch {
            throw TrainingError.fileFailed(
                path: path,
                reason:
                    "\(error), got \(line.isEmpty ? "none" : "another first line"). A server's key file has more in a line, "
                    + "NAME:KEY admin: write KEY alone into a file for clients")
        }
    }
}
