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

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strictSwift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        resources: resources, swiftSettings: strictSwift)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strictSwift)
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
        // C libraries
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CKernels", cSettings: strictC),

        // Model and data
        library("Digests", [crypto]),
        library("RandomNumbers"),
        library("Locks"),
        library("JSONValues"),
        library("Compression", ["CZlib", "CZstd"]),
        library("Checkpoints", ["Digests", "JSONValues", "Locks"]),
        library("Tokenizers", ["CPCRE2", "Digests", "JSONValues", "Locks"]),
        library("Tensors", ["CKernels", "COpenBLAS"]),
        library("Sequences", ["Digests"]),
        library("Transformers", ["Tensors", "Sequences", "Checkpoints", "Digests", "JSONValues", "RandomNumbers"]),
        library("TokenWeights", ["Sequences", "RandomNumbers"]),
        library("Tasks", ["RandomNumbers"]),
        library(
            "Corpora",
            [
                "Sequences", "JSONValues", "Compression", "Tokenizers", "Checkpoints", "Digests", "Locks",
                "RandomNumbers",
            ]),
        library("SideCars", ["Corpora", "Checkpoints", "Digests", "Locks", "Sequences"]),
        library("Reports"),

        // Service
        library("Scoring", ["Sequences", "Digests", "Locks"]),
        library("ScoreStores", ["Sequences", "Digests", "Locks", grdb]),
        library("ScoringAPI", ["Sequences", "Checkpoints", "Digests", "JSONValues"]),
        library("HTTPSockets"),
        library(
            "ScoringServer",
            [
                "Scoring", "Sequences", "ScoringAPI", "HTTPSockets", "Compression", "Tokenizers", "TokenWeights",
                "JSONValues", "Digests", "Locks", logging,
            ],
            resources: [.embedInCode("openapi.yaml")]),

        // Trainer
        library("ScoringClient", ["ScoringAPI", "TokenWeights", "Sequences", "Digests", "Locks", "CCurl"]),
        library(
            "Annealing",
            [
                "Transformers", "Tensors", "TokenWeights", "Sequences", "SideCars", "Corpora", "Checkpoints", "Digests",
                "Locks",
            ]),
        library(
            "Reinforcement",
            [
                "Annealing", "Corpora", "Tasks", "Transformers", "Sequences", "Tokenizers", "Digests", "RandomNumbers",
                "Locks",
            ]),
        library(
            "Flywheel",
            [
                "ScoringClient", "ScoringAPI", "Transformers", "Tensors", "Sequences", "TokenWeights", "Tokenizers",
                "Checkpoints", "Reports", "Locks",
            ]),

        // Programs
        library("CommandLines", ["Locks", argumentParser]),
        program(
            "RemitServer",
            [
                "ScoringServer", "ScoringAPI", "Scoring", "Sequences", "HTTPSockets", "Transformers", "Tensors",
                "Tokenizers",
                "Checkpoints", "ScoreStores", "SideCars", "Corpora", "JSONValues", "Digests", "Locks", "CommandLines",
                argumentParser, logging,
            ]),
        program(
            "RemitTrainer",
            [
                "Annealing", "Reinforcement", "Flywheel", "Reports", "SideCars", "Tasks", "Corpora", "ScoringClient",
                "ScoringAPI", "TokenWeights", "Sequences", "Transformers", "Tensors", "Tokenizers", "Checkpoints",
                "Digests",
                "Locks", "CommandLines", argumentParser, yams,
            ]),

        // Benchmarks: run by hand, never by a test
        .executableTarget(
            name: "BenchmarkTokenizers", dependencies: ["Tokenizers"], path: "Benchmarks/Tokenizers",
            swiftSettings: strictSwift),
        .executableTarget(
            name: "BenchmarkJSON", dependencies: ["Corpora", "ScoringAPI", "Tokenizers"], path: "Benchmarks/JSON",
            swiftSettings: strictSwift),
        .target(name: "CPeak", path: "Benchmarks/Peak", cSettings: strictC),
        .executableTarget(
            name: "BenchmarkModels", dependencies: ["Transformers", "Sequences", "Tensors", "Checkpoints", "CPeak"],
            path: "Benchmarks/Models", swiftSettings: strictSwift),

        .executableTarget(
            name: "BenchmarkServing", dependencies: ["ScoringClient", "ScoringAPI", "Locks"],
            path: "Benchmarks/Serving", swiftSettings: strictSwift),

        // Tests
        .target(
            name: "TestSupport", dependencies: ["Checkpoints"], path: "Tests/TestSupport", swiftSettings: strictSwift),
        tests("Digests"),
        tests("RandomNumbers"),
        tests("Locks"),
        tests("JSONValues"),
        tests("Compression"),
        tests("Checkpoints", ["Digests", "JSONValues"]),
        tests("Tokenizers", ["JSONValues"], resources: [.copy("Goldens")]),
        tests("Tensors"),
        tests(
            "Transformers", ["Tensors", "Sequences", "Checkpoints", "Digests", "JSONValues"],
            resources: [.copy("Goldens")]),
        tests("TokenWeights"),
        tests("Sequences", ["Digests"]),
        tests("Tasks"),
        tests("Corpora", ["Sequences", "JSONValues", "Compression", "Tokenizers", "Checkpoints", "RandomNumbers"]),
        tests("SideCars", ["Sequences", "Corpora", "Checkpoints", "Digests", "Scoring"]),
        tests("Reports", ["RandomNumbers"]),
        tests("Scoring", ["Sequences", "Digests", "RandomNumbers", "Locks"]),
        tests(
            "ScoreStores",
            ["Sequences", "Transformers", "Tensors", "Checkpoints", "JSONValues", "Digests", "Locks", grdb]),
        tests("ScoringAPI", ["Checkpoints", "JSONValues"]),
        tests("HTTPSockets", ["Locks"], resources: [.copy("Corpus")]),
        tests(
            "ScoringServer",
            [
                "Scoring", "Sequences", "ScoringAPI", "HTTPSockets", "Compression", "Tokenizers", "JSONValues",
                "Digests", "Locks", yams, logging,
            ]),
        tests("ScoringClient", ["ScoringAPI", "Sequences", "Digests", "HTTPSockets", "Checkpoints", "Locks"]),
        tests(
            "Annealing",
            [
                "SideCars", "Corpora", "Transformers", "Tensors", "TokenWeights", "Sequences", "Checkpoints", "Digests",
                "RandomNumbers", "Locks",
            ],
            resources: [.copy("Goldens")]),
        tests("Flywheel", ["Reports"]),
        tests(
            "Reinforcement",
            [
                "Annealing", "Corpora", "Tasks", "Transformers", "Sequences", "Tensors", "Tokenizers", "Checkpoints",
                "Locks",
            ],
            resources: [.copy("Goldens")]),
        tests("CommandLines", [argumentParser]),
        tests("RemitServer", ["CommandLines", "ScoringServer", "JSONValues", argumentParser]),
        tests(
            "RemitTrainer",
            ["CommandLines", "Sequences", "Annealing", "Corpora", "ScoringAPI", "Checkpoints", "TokenWeights"]),
        .testTarget(
            name: "ProgramTests",
            dependencies: ["RemitServer", "RemitTrainer", "CommandLines", "TestSupport", argumentParser],
            swiftSettings: strictSwift),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "RemitServer", "RemitTrainer", "TestSupport", "Transformers", "Tensors", "Tokenizers", "Checkpoints",
                "Digests",
                "BenchmarkModels", "JSONValues", "TokenWeights", "Corpora", "ScoringAPI", "ScoringClient", "Locks",
                yams,
            ],
            swiftSettings: strictSwift),
    ]
)

// REMIT_ROOM=Tokenizers,Corpora swift test: only the named targets, what they need, and their tests. For a quick loop.
if let room = Context.environment["REMIT_ROOM"], !room.isEmpty {
    let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var wanted: Set<String> = []
    var pending = room.split(separator: ",").flatMap { [String($0), $0 + "Tests"] }
    while let name = pending.popLast() {
        guard let target = byName[name], wanted.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { pending.append(dependency) }
    }
    package.targets.removeAll { !wanted.contains($0.name) }
    package.products.removeAll { ($0 as? Product.Executable)?.targets.allSatisfy(wanted.contains) != true }
}

// REMIT_FUZZ=1 swift build --sanitize fuzzer: only the fuzz target and what it needs; libFuzzer brings its main. See scripts/fuzz.
if Context.environment["REMIT_FUZZ"] == "1" {
    package.targets.removeAll { $0.name != "HTTPSockets" }
    package.targets.append(
        .executableTarget(
            name: "FuzzHTTPSockets", dependencies: ["HTTPSockets"], path: "Tests/FuzzHTTPSockets",
            exclude: ["http.dict"], swiftSettings: strictSwift))
    package.products = []
}
