import Foundation
import ScoringServer
import TestSupport
import Testing

struct KeyFileTests {
    @Test func aKeyFileThatOthersCanReadIsWarnedOf() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("keys", Array("a:long-enough".utf8))
        for (rights, isWarnedOf) in [(0o600, false), (0o640, false), (0o644, true)] as [(mode_t, Bool)] {
            #expect(chmod(path, rights) == 0)
            #expect((KeyFile.warning(path) != nil) == isWarnedOf, "\(rights)")
        }
    }
}
