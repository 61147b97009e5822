import Foundation
import HTTPSockets
import Testing

/// What fuzzing has found interesting, replayed with the fuzz target's own invariants.
@Suite struct CorpusTests {
    @Test func everyInputKeepsTheInvariants() throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Corpus")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count > 50)
        for file in files {
            let broken = brokenInvariant(of: Array(try Data(contentsOf: file)))
            #expect(broken == nil, "\(file.lastPathComponent)")
        }
    }

    @Test func everyHostileRequestKeepsThem() {
        for row in hostileRequests { #expect(brokenInvariant(of: row.bytes) == nil, "\(row.name)") }
    }
}
