import Foundation
import ScoringServer
import TestSupport
import Testing

struct ModelsDirectoryTests {
    private let directory: TemporaryDirectory
    private let models: ModelsDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["models", "models/a", "models/a/b", "models-of-others", "elsewhere"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        _ = try directory.write("models/file", [1])
        let links = [("models/out", "../elsewhere"), ("models/in", "a/b"), ("models/loop", "loop"), ("link", "models")]
        for (link, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: directory.file(link), withDestinationPath: target)
        }
        models = try #require(ModelsDirectory(directory.file("link")))
    }

    @Test func linksAreFollowed() throws {
        #expect(models.path.hasSuffix("/models"))
        for (asked, ending) in [
            ("a", "/models/a"), ("a/b/", "/models/a/b"), ("in", "/models/a/b"), ("a/../a/./b", "/models/a/b"),
            (models.path + "/a", "/models/a"), (directory.file("link") + "/a", "/models/a"),
        ] {
            #expect(try models.checkpoint(asked).hasSuffix(ending), "\(asked)")
        }
    }

    /// Whether something lies there is not told: the answer is the same.
    @Test(arguments: [
        "..", "../elsewhere", "out", "a/../../elsewhere", "/", "/tmp", "../models-of-others", ".", "../nowhere",
        "/nowhere", "out/nowhere", "a/../../nowhere",
    ])
    func whatLiesOutsideIsRefused(_ asked: String) {
        let error = #expect(throws: TeacherLoadError.self) { try models.checkpoint(asked) }
        #expect(error == .outside(path: asked))
    }

    @Test(arguments: ["", "nowhere", "a/nowhere", "file", "file/x", "loop", "a\0b"])
    func whatIsNoDirectoryIsRefused(_ asked: String) {
        let error = #expect(throws: TeacherLoadError.self) { try models.checkpoint(asked) }
        if case .unusable? = error {} else { Issue.record("\(asked): \(String(describing: error))") }
    }
}
