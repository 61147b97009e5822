// swift-tools-version: 6.2
import PackageDescription

// Targets stand in the order of the floors: each may depend on those above it only. scripts/check-layers holds this against every import.

let strictSwift: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility")]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// - Parameter path: below Sources; its last part is the target's name.
func library(_ path: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name(path), dependencies: dependencies, path: "Sources/" + path, resources: resources,
        swiftSettings: strictSwift)
}

/// Of the library at this path, mirrored below Tests.
func tests(_ path: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name(path) + "Tests", dependencies: [.init(stringLiteral: name(path)), "TestSupport"] + dependencies,
        path: "Tests/\(path)Tests", resources: resources, swiftSettings: strictSwift)
}

func program(_ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name(path), dependencies: dependencies, path: "Sources/" + path, swiftSettings: strictSwift)
}

func name(_ path: String) -> String {
    String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
}

let package = Package(
    name: "remit",
    products: [
        .executable(name: "remit-server", targets: ["RemitServer"]),
        .executable(name: "remit-trainer", targets: ["RemitTrainer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // Libraries: system libraries, each behind one target
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/Libraries/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/Libraries/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CPCRE2", path: "Sources/Libraries/CPCRE2", pkgConfig: "libpcre2-8",
            providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/Libraries/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CZstd", path: "Sources/Libraries/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // Base: what any program needs
        library("Base/System"),
        library("Base/LinePrograms", ["System"]),
        library("Base/Bytes"),
        library("Base/Digests", ["Bytes", crypto]),
        library("Base/RandomNumbers"),
        library("Base/Formats"),
        library("Base/JSONValues", ["Bytes"]),
        library("Base/Coding"),
        library("Base/Compression", ["CZlib", "CZstd"]),

        // Method: the vocabulary, and token weights
        library("Method/Sequences", ["Digests"]),
        library("Method/TokenWeights", ["Sequences", "RandomNumbers"]),

        // Data: checkpoints, tokenizers, corpora
        library("Data/Checkpoints", ["Digests", "JSONValues", "System"]),
        library("Data/Tokenizers", ["Bytes", "CPCRE2", "Digests", "JSONValues", "System"]),
        library("Data/Tasks", ["RandomNumbers"]),
        library(
            "Data/Corpora",
            [
                "Sequences", "JSONValues", "Coding", "Compression", "Tokenizers", "Checkpoints", "Digests", "System",
                "LinePrograms", "RandomNumbers",
            ]),
        library("Data/SideCars", ["Corpora", "Checkpoints", "Coding", "Digests", "System", "Sequences"]),
        library(
            "Data/ScoreFiles",
            ["SideCars", "Corpora", "Checkpoints", "Sequences", "JSONValues", "Digests", "System"]),

        // Model: kernels, tensors, the transformer
        .target(name: "CKernels", path: "Sources/Model/CKernels", cSettings: strictC),
        library("Model/Tensors", ["CKernels", "COpenBLAS", "System"]),
        library(
            "Model/Transformers",
            [
                "Tensors", "Sequences", "Checkpoints", "Coding", "Digests", "JSONValues", "RandomNumbers", "System",
            ]),

        // Service: the wire, the queue, the store, HTTP
        library("Service/ScoringAPI", ["Bytes", "Sequences", "TokenWeights", "Checkpoints", "Digests", "JSONValues"]),
        library("Service/HTTPClient", ["CCurl", "System"]),
        library("Service/HTTPSockets", ["Bytes", "System"]),
        library("Service/Scoring", ["Sequences", "Digests", "System"]),
        library("Service/ScoreStores", ["Sequences", "Digests", "System", grdb]),
        library("Service/WebPage", ["Digests"], resources: [.embedInCode("Files")]),
        library(
            "Service/ScoringServer",
            [
                "Bytes", "Scoring", "Sequences", "ScoringAPI", "HTTPSockets", "WebPage", "Compression", "Tokenizers",
                "TokenWeights",
                "JSONValues", "Digests", "System", logging,
            ],
            resources: [.embedInCode("openapi.yaml")]),

        library(
            "Service/OfflineScoring",
            [
                "ScoreFiles", "SideCars", "Corpora", "Tokenizers", "TokenWeights", "Sequences", "Digests", "Formats",
                "System",
            ]),
        library(
            "Service/LocalEngines",
            ["Transformers", "Tensors", "Corpora", "Tokenizers", "Checkpoints", "Sequences", "Digests", "System"]),
        library(
            "Service/RemoteEngines",
            [
                "HTTPClient", "Checkpoints", "Sequences", "JSONValues", "RandomNumbers", "Digests", "System",
            ]),

        // Trainer: client, annealing, reinforcement, the flywheel
        library("Trainer/Reports", ["Digests", "System"], resources: [.embedInCode("Pages/Files")]),
        library(
            "Trainer/ScoringClient", ["HTTPClient", "ScoringAPI", "TokenWeights", "Sequences", "Digests", "System"]),
        library(
            "Trainer/Training",
            [
                "Transformers", "Tensors", "Sequences", "Corpora", "Tokenizers", "Checkpoints", "Coding", "JSONValues",
                "Digests", "Formats", "System",
            ]),
        library(
            "Trainer/Annealing",
            [
                "Training", "Transformers", "Tensors", "TokenWeights", "Sequences", "ScoreFiles", "SideCars", "Corpora",
                "Coding", "Digests", "JSONValues", "LinePrograms", "System",
            ]),
        library(
            "Trainer/TeacherLinks",
            [
                "Annealing", "Training", "ScoringClient", "HTTPClient", "ScoringAPI", "ScoreFiles", "SideCars",
                "Corpora",
                "Transformers", "TokenWeights", "Tokenizers", "Sequences", "Digests", "System",
            ]),
        library(
            "Trainer/Reinforcement",
            [
                "Training", "Corpora", "Tasks", "Coding", "JSONValues", "LinePrograms", "Transformers", "Sequences",
                "Tokenizers", "Digests", "RandomNumbers", "System",
            ]),
        library("Trainer/RunFiles", ["Training", "Checkpoints", "Coding", "Digests", "JSONValues", yams, "System"]),
        library(
            "Trainer/RunReports",
            ["Annealing", "Training", "Reinforcement", "Reports", "TokenWeights", "Tokenizers", "Coding", "Formats"]),
        library(
            "Trainer/Examinations",
            [
                "TeacherLinks", "Annealing", "Training", "ScoringClient", "HTTPClient", "ScoringAPI", "ScoreFiles",
                "Corpora", "TokenWeights", "Tokenizers", "Transformers", "Sequences", "Digests", "Formats", "System",
            ]),
        library(
            "Trainer/Flywheel",
            [
                "RunReports", "Annealing", "Reinforcement", "Training", "HTTPClient", "ScoringClient", "ScoringAPI",
                "JSONValues", "Coding", "Transformers", "Tensors",
                "Sequences",
                "TokenWeights",
                "Tokenizers",
                "Checkpoints", "Formats", "Reports", "Digests", "System",
            ]),

        // Programs: commands and composition
        library(
            "Programs/CommandLines",
            ["Formats", "System", "JSONValues", "Corpora", "Tensors", "Transformers", argumentParser]),
        program(
            "Programs/RemitServer",
            [
                "Formats", "ScoringServer", "ScoringAPI", "Scoring", "Sequences", "HTTPClient", "HTTPSockets",
                "LocalEngines",
                "RemoteEngines",
                "OfflineScoring", "Transformers",
                "Tensors", "Tokenizers", "Checkpoints", "ScoreStores", "ScoreFiles", "Corpora",
                "JSONValues",
                "Digests", "System", "CommandLines", "TokenWeights",
                argumentParser, logging,
            ]),
        program(
            "Programs/RemitTrainer",
            [
                "Examinations", "RunReports", "RunFiles", "Formats", "TeacherLinks", "HTTPClient", "Training",
                "Annealing", "Reinforcement", "Flywheel",
                "ScoreFiles", "SideCars", "Tasks", "Corpora",
                "ScoringClient",
                "ScoringAPI", "TokenWeights", "Sequences", "Transformers", "Tensors", "Tokenizers", "Checkpoints",
                "Coding", "JSONValues", "Digests", "System", "CommandLines", argumentParser,
            ]),

        // Benchmarks: run by hand, never by a test
        .executableTarget(
            name: "BenchmarkTokenizers", dependencies: ["Tokenizers"], path: "Benchmarks/Tokenizers",
            swiftSettings: strictSwift),
        .executableTarget(
            name: "BenchmarkJSON", dependencies: ["Corpora", "ScoringAPI", "Tokenizers", "TokenWeights"],
            path: "Benchmarks/JSON",
            swiftSettings: strictSwift),
        .target(name: "CPeak", path: "Benchmarks/Peak", cSettings: strictC),
        .executableTarget(
            name: "BenchmarkModels", dependencies: ["Transformers", "Sequences", "Tensors", "Checkpoints", "CPeak"],
            path: "Benchmarks/Models", swiftSettings: strictSwift),

        .executableTarget(
            name: "BenchmarkServing", dependencies: ["ScoringClient", "HTTPClient", "ScoringAPI", "System"],
            path: "Benchmarks/Serving", swiftSettings: strictSwift),

        // Tests mirror Sources
        .target(
            name: "TestSupport", dependencies: ["Checkpoints", "HTTPSockets", "JSONValues", "RandomNumbers", "System"],
            path: "Tests/TestSupport", swiftSettings: strictSwift),
        tests("Base/System"),
        tests("Base/LinePrograms", ["System"]),
        tests("Base/Bytes"),
        tests("Base/Digests"),
        tests("Base/RandomNumbers"),
        tests("Base/Formats"),
        tests("Base/JSONValues"),
        tests("Base/Coding"),
        tests("Base/Compression"),
        tests("Method/Sequences", ["Digests"]),
        tests("Method/TokenWeights"),
        tests("Data/Checkpoints", ["Digests", "JSONValues"]),
        tests("Data/Tokenizers", ["JSONValues"], resources: [.copy("Goldens")]),
        tests("Data/Tasks"),
        tests(
            "Data/Corpora", ["Sequences", "Compression", "Tokenizers", "Checkpoints", "RandomNumbers", "System"]),
        tests("Data/SideCars", ["Sequences", "Corpora", "Checkpoints", "Digests"]),
        tests("Data/ScoreFiles", ["Corpora", "Sequences", "Digests", "System"]),
        tests("Model/Tensors"),
        tests(
            "Model/Transformers",
            ["Tensors", "Sequences", "Checkpoints", "Digests", "JSONValues", "System", "RandomNumbers"],
            resources: [.copy("Goldens")]),
        tests("Service/ScoringAPI", ["TokenWeights", "Checkpoints", "JSONValues"]),
        tests("Service/HTTPClient", ["HTTPSockets", "System"]),
        tests("Service/HTTPSockets", ["System"], resources: [.copy("Corpus")]),
        tests("Service/Scoring", ["Sequences", "Digests", "RandomNumbers", "System"]),
        tests(
            "Service/ScoreStores",
            ["Sequences", "Transformers", "Tensors", "Checkpoints", "JSONValues", "Digests", "System", grdb]),
        tests(
            "Service/ScoringServer",
            [
                "Scoring", "Sequences", "TokenWeights", "ScoringAPI", "HTTPSockets", "Compression", "Tokenizers",
                "JSONValues",
                "Digests", "System", yams, logging,
            ]),
        tests(
            "Service/OfflineScoring",
            ["ScoreFiles", "SideCars", "Corpora", "Tokenizers", "Sequences", "Digests", "Formats", "System"]),
        tests(
            "Service/LocalEngines",
            ["Transformers", "Tensors", "Corpora", "Tokenizers", "Checkpoints", "Sequences", "JSONValues"]),
        tests(
            "Service/RemoteEngines",
            [
                "Scoring", "HTTPClient", "Sequences", "Digests", "System",
            ]),
        tests("Trainer/Reports", ["RandomNumbers", "Digests"]),
        tests(
            "Trainer/ScoringClient",
            [
                "HTTPClient", "ScoringAPI", "Sequences", "TokenWeights", "Digests", "HTTPSockets",
                "System",
            ]),
        tests(
            "Trainer/Training",
            ["Transformers", "Tensors", "Checkpoints", "Digests", "System"],
            resources: [.copy("Goldens")]),
        tests(
            "Trainer/Annealing",
            [
                "Training", "SideCars", "Corpora", "Transformers", "Tensors", "TokenWeights", "Sequences",
                "Checkpoints", "Digests",
                "RandomNumbers", "System",
            ],
            resources: [.copy("Goldens")]),
        tests("Trainer/RunReports", ["Annealing"]),
        tests("Trainer/RunFiles", ["Training", "Corpora", "Checkpoints"]),
        tests(
            "Trainer/TeacherLinks",
            [
                "Annealing", "Training", "ScoringAPI", "Corpora", "Sequences",
                "Transformers",
            ]),
        tests(
            "Trainer/Reinforcement",
            [
                "Training", "Corpora", "Tasks", "Transformers", "Sequences", "Tensors", "Tokenizers", "Checkpoints",
                "Compression", "System",
            ],
            resources: [.copy("Goldens")]),
        tests("Trainer/Examinations", ["Transformers", "Tensors", "Checkpoints"]),
        tests("Trainer/Flywheel", ["Reports", "Coding", "Tasks", "System"]),
        tests("Programs/CommandLines", ["Corpora", "JSONValues", "System", argumentParser]),
        tests("Programs/RemitServer", ["CommandLines", "ScoringServer", "JSONValues", argumentParser]),
        tests(
            "Programs/RemitTrainer",
            [
                "RunFiles", "CommandLines", "Annealing", "ScoringAPI",
                "Checkpoints",
                "TokenWeights",
            ]),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "RemitServer", "RemitTrainer", "RunFiles", "CommandLines", "TestSupport", argumentParser, yams,
            ],
            path: "Tests/Programs/ProgramTests", swiftSettings: strictSwift),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "RemitServer", "RemitTrainer", "TestSupport", "Transformers", "Tensors", "Checkpoints",
                "Digests", "Compression",
                "BenchmarkModels", "JSONValues", "ScoringAPI", "System",
                yams,
            ],
            path: "Tests/Programs/EndToEndTests", swiftSettings: strictSwift),
    ]
)

// REMIT_ROOM=RemitPrograms REMIT_TESTS=0 swift build --product remit: both programs in one executable, for the wheel of
// scripts/build-python. An executable target cannot depend on another, so that the programs are libraries here; the flag keeps the start
// of each from being the start of the whole.
if Context.environment["REMIT_ROOM"] == "RemitPrograms" {
    let programs = ["RemitServer", "RemitTrainer"]
    package.targets = package.targets.map { target in
        guard programs.contains(target.name) else { return target }
        return .target(
            name: target.name, dependencies: target.dependencies, path: target.path,
            swiftSettings: strictSwift + [
                .unsafeFlags(["-Xfrontend", "-entry-point-function-name", "-Xfrontend", target.name + "_main"])
            ])
    }
    package.targets.append(
        program("Programs/RemitPrograms", programs.map { .init(stringLiteral: $0) } + ["CommandLines"]))
    package.products = [.executable(name: "remit", targets: ["RemitPrograms"])]
}

// REMIT_ROOM=Tokenizers,Corpora swift test: only the named targets, what they need, and their tests. For a quick loop.
// With REMIT_TESTS=0 without the tests: for an image, whose context has Sources alone.
if let room = Context.environment["REMIT_ROOM"], !room.isEmpty {
    let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var wanted: Set<String> = []
    let hasTests = Context.environment["REMIT_TESTS"] != "0"
    var pending = room.split(separator: ",").flatMap { hasTests ? [String($0), $0 + "Tests"] : [String($0)] }
    while let name = pending.popLast() {
        guard let target = byName[name], wanted.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { pending.append(dependency) }
    }
    package.targets.removeAll { !wanted.contains($0.name) }
    package.products.removeAll { ($0 as? Product.Executable)?.targets.allSatisfy(wanted.contains) != true }
}

// REMIT_FUZZ=1 swift build --sanitize fuzzer: only the fuzz target and what it needs; libFuzzer brings its main. See scripts/fuzz.
if Context.environment["REMIT_FUZZ"] == "1" {
    package.targets.removeAll { !["HTTPSockets", "System", "Bytes"].contains($0.name) }
    package.targets.append(
        .executableTarget(
            name: "FuzzHTTPSockets", dependencies: ["HTTPSockets"], path: "Tests/Service/FuzzHTTPSockets",
            exclude: ["http.dict"], swiftSettings: strictSwift))
    package.products = []
}
