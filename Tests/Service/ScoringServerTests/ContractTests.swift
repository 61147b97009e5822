import Foundation
import JSONValues
import ScoringAPI
import ScoringServer
import TestSupport
import Testing
import TokenWeights
import Yams

/// openapi.yaml against the routes and the wire structs. The file is read through the server, which carries it.
@Suite struct ContractTests {
    private struct Contract {
        let root: [String: Any]

        init(_ test: TestService) throws {
            let text = try test.caller.get("/openapi.yaml").text
            root = try #require(try Yams.load(yaml: text) as? [String: Any])
        }

        var paths: [String: [String: Any]] { root["paths"] as? [String: [String: Any]] ?? [:] }

        func schema(_ name: String) throws -> [String: Any] {
            let components = root["components"] as? [String: Any]
            return try #require((components?["schemas"] as? [String: Any])?[name] as? [String: Any], "\(name)")
        }

        func properties(_ name: String) throws -> Set<String> {
            Set((try schema(name)["properties"] as? [String: Any] ?? [:]).keys)
        }

        func required(_ name: String) throws -> Set<String> { Set(try schema(name)["required"] as? [String] ?? []) }

        /// The words that a member of a schema may be; nil where any may stand there.
        private func words(_ name: String, _ key: String) throws -> [String]? {
            var property = (try schema(name)["properties"] as? [String: [String: Any]])?[key] ?? [:]
            if let named = (property["$ref"] as? String)?.split(separator: "/").last {
                property = try schema(String(named))
            }
            return (property["enum"] as? [Any])?.compactMap { $0 as? String }
        }

        /// Keys of an answer: all of them described, none missing that is required, and words among those that are listed.
        func check(_ object: JSONObject, _ name: String) throws {
            let keys = Set(object.members.map(\.0))
            let (described, required) = (try properties(name), try required(name))
            #expect(keys.isSubset(of: described), "\(name) has \(keys.subtracting(described))")
            #expect(keys.isSuperset(of: required), "\(name) lacks \(required.subtracting(keys))")
            for case let (key, .string(word)) in object.members {
                guard let words = try words(name, key) else { continue }
                #expect(words.contains(word), "\(name): \(key) is \(word), listed are \(words)")
            }
        }
    }

    @Test func routesAndMethods() async throws {
        try await withService(.inProcess) { test in
            let described = Set(
                try Contract(test).paths.flatMap { path, methods in methods.keys.map { $0.uppercased() + " " + path } })
            let served = Set(RouteTable(test.service).routes.map { $0.method + " " + $0.path })
            #expect(described == served)
        }
    }

    @Test func mediaTypesAndSecurity() async throws {
        try await withService(.inProcess) { test in
            let contract = try Contract(test)
            for route in RouteTable(test.service).routes {
                let operation = try #require(
                    contract.paths[route.path]?[route.method.lowercased()] as? [String: Any], "\(route.path)")
                let body = (operation["requestBody"] as? [String: Any])?["content"] as? [String: Any] ?? [:]
                #expect(Set(body.keys) == Set(route.takes.map(\.rawValue)), "\(route.path)")
                let responses = try #require(operation["responses"] as? [String: Any])
                let success = try #require(responses.keys.first { $0.hasPrefix("2") }, "\(route.path)")
                let ok = responses[success] as? [String: Any]
                let answers = Set((ok?["content"] as? [String: Any] ?? [:]).keys)
                #expect(answers == Set(route.gives.map { String($0.rawValue.prefix { $0 != ";" }) }), "\(route.path)")
                let security = operation["security"] as? [[String: Any]]
                #expect((security?.first?.isEmpty ?? false) == !route.needsKey, "\(route.path)")
            }
        }
    }

    @Test func requestFields() async throws {
        try await withService(.inProcess) { test in
            let contract = try Contract(test)
            #expect(try contract.properties("WeightsRequest") == Set(ScoreRequest.fields(for: .weights)))
            #expect(try contract.properties("LogProbsRequest") == Set(ScoreRequest.fields(for: .logProbs)))
            #expect(try contract.properties("WeightsInput") == Set(ScoreInput.fields(for: .weights)))
            #expect(try contract.properties("LogProbsInput") == Set(ScoreInput.fields(for: .logProbs)))
            #expect(try contract.properties("TokenizeRequest") == Set(TokenizeRequest.fields))
            #expect(try contract.properties("DetokenizeRequest") == Set(DetokenizeRequest.fields))
            #expect(try contract.properties("CompletionRequest") == Set(CompletionRequest.fields))
            #expect(try contract.properties("GenerateRequest") == Set(GenerateRequest.fields))
            #expect(try contract.properties("SamplingParameters") == Set(GenerateRequest.samplingFields))
            #expect(try contract.properties("TokenizePromptRequest") == Set(TokenizeRequest.dialectFields))
            #expect(try contract.properties("DetokenizePromptRequest") == Set(DetokenizeRequest.dialectFields))
            #expect(try contract.properties("LoadTeacherRequest") == Set(LoadTeacherRequest.fields))
            #expect(try contract.properties("DefaultTeacherRequest") == Set(DefaultTeacherRequest.fields))
        }
    }

    /// Names, defaults and ranges of the choice of a weighting are those of the type that has them.
    @Test func weightingOptions() async throws {
        try await withService(.inProcess) { test in
            let properties =
                try Contract(test).schema("WeightsRequest")["properties"] as? [String: [String: Any]] ?? [:]
            let name = try #require(properties["weighting"])
            #expect(name["enum"] as? [String] == TokenWeightings.names)
            #expect(name["default"] as? String == Weighting().name)
            for option in WeightingOption.all {
                let described = try #require(properties[option.name], "\(option.name)")
                switch option.value(Weighting()) {
                case .word(let word):
                    #expect(described["default"] as? String == word)
                    for word in try #require(described["enum"] as? [String]) {
                        var weighting = Weighting()
                        #expect(option.set(&weighting, .word(word)))
                    }
                case .number(let number):
                    #expect(described["default"] as? Double == number)
                    let isOpen = described["exclusiveMinimum"] != nil
                    for (key, step) in [("minimum", -0.001), ("maximum", 0.001), ("exclusiveMinimum", 0.0)] {
                        guard let bound = (described[key] as? Double) ?? (described[key] as? Int).map(Double.init)
                        else {
                            #expect(key == (isOpen ? "minimum" : "exclusiveMinimum"), "\(option.name) has no \(key)")
                            continue
                        }
                        var weighting = Weighting()
                        _ = option.set(&weighting, .number(bound + step))
                        #expect(throws: TokenWeightError.self, "\(option.name) \(bound + step)") {
                            try weighting.make()
                        }
                        guard step != 0 else { continue }
                        _ = option.set(&weighting, .number(bound))
                        #expect(throws: Never.self, "\(option.name) \(bound)") { try weighting.make() }
                    }
                }
            }
        }
    }

    @Test func answerFields() async throws {
        try await withService(.inProcess) { test in
            let contract = try Contract(test)
            let body = #"{"inputs":[{"id":"a","text":"ab"}],"weighting":"rho1"}"#
            let weights = try test.caller.post("/v1/weights", body).json()
            try contract.check(weights, "WeightsResponse")
            let result = try #require(weights[key: "results"]).first
            try contract.check(result, "WeightsResult")
            let described = try contract.properties("WeightsResult")
            #expect(Set(result.members.map(\.0)) == described)
            guard case .object(let statistics)? = result[key: "statistics"] else {
                Issue.record("no statistics")
                return
            }
            try contract.check(statistics, "WeightStatistics")
            let logProbs = try test.caller.post("/v1/logprobs", #"{"inputs":[{"id":"a","text":"ab"}]}"#).json()
            try contract.check(logProbs, "LogProbsResponse")
            try contract.check(try #require(logProbs[key: "results"]).first, "LogProbsResult")
            try contract.check(test.caller.post("/v1/tokenize", #"{"text":"ab"}"#).json(), "TokenizeResponse")
            try contract.check(test.caller.post("/v1/detokenize", #"{"token_ids":[1]}"#).json(), "DetokenizeResponse")
            let info = try test.caller.get("/info").json()
            try contract.check(info, "InfoResponse")
            guard case .object(let limits)? = info[key: "limits"] else {
                Issue.record("no limits")
                return
            }
            try contract.check(limits, "ServerLimits")
            let models = try test.caller.get("/v1/models").json()
            try contract.check(models, "ModelsResponse")
            try contract.check(try #require(models[key: "models"]).first, "ModelInfo")
            let loaded = try test.caller.post("/v1/teachers", #"{"name":"second","path":"second"}"#)
            #expect(loaded.status == 201)
            try contract.check(loaded.json(), "ModelInfo")
            let failed = try test.caller.post("/v1/teachers", #"{"name":"third","path":"broken"}"#)
            #expect(failed.status == 422)
            try contract.check(failed.json(), "Problem")
            let listed = try test.caller.get("/v1/models").json()
            try contract.check(try #require(listed[key: "teachers"]).first, "TeacherStatus")
            let teachers = try test.caller.put("/v1/default-teacher", #"{"name":"second"}"#).json()
            try contract.check(teachers, "TeachersResponse")
            try contract.check(test.caller.get("/health").json(), "StatusResponse")
            for body in ["{", #"{"inputs":[{"token_ids":[999]}]}"#, #"{"inputs":[{"text":"a"}],"model":"x"}"#] {
                try contract.check(test.caller.post("/v1/weights", body).json(), "Problem")
            }
        }
    }

    /// Of engines elsewhere too, which need not say it.
    @Test(arguments: ["f32", "bf16", "f16", "unknown"])
    func precisions(_ precision: String) async throws {
        try await withService(.inProcess, .init(precision: precision)) { test in
            let contract = try Contract(test)
            let info = try test.caller.get("/info").json()
            #expect(info[key: "precision"] == .string(precision))
            try contract.check(info, "InfoResponse")
            try contract.check(try #require(info[key: "models"]).first, "ModelInfo")
        }
    }

    @Test func problemTypes() async throws {
        try await withService(.inProcess) { test in
            let types = try Contract(test).schema("ProblemType")["enum"] as? [String] ?? []
            #expect(types == ProblemKind.allCases.map(\.type))
        }
    }

    /// Every type has an example, and each is what the service itself would write, word for word.
    @Test func problemExamples() async throws {
        let written = try await ProblemExamples.problems()
        try await withService(.inProcess) { test in
            let contract = try Contract(test)
            let components = contract.root["components"] as? [String: Any]
            var kinds: Set<ProblemKind> = []
            for case let response as [String: Any] in try #require(components?["responses"] as? [String: Any]).values {
                let content = (response["content"] as? [String: Any])?["application/problem+json"] as? [String: Any]
                for case let (name, example as [String: Any]) in content?["examples"] as? [String: Any] ?? [:] {
                    let bytes = try JSONSerialization.data(withJSONObject: try #require(example["value"]))
                    let problem = try Problem(json: Array(bytes))
                    let kind = try #require(problem.kind, "\(name)")
                    #expect(kind.rawValue == name && problem.title == kind.title && problem.status == kind.status)
                    let own = try #require(written[kind], "\(name)")
                    #expect(problem.detail == own.detail, "\(name)")
                    #expect(
                        Dictionary(problem.extensions.members) { $1 } == Dictionary(own.extensions.members) { $1 },
                        "\(name)")
                    guard case .object(let object) = try JSONValue(parsing: Array(bytes)) else { continue }
                    try contract.check(object, "Problem")
                    kinds.insert(kind)
                }
            }
            #expect(kinds == Set(ProblemKind.allCases))
        }
    }

    /// An answer's example has the members that the service's answers have.
    @Test func answerExamples() async throws {
        try await withService(.inProcess) { test in
            let contract = try Contract(test)
            var count = 0
            for (path, methods) in contract.paths {
                for case let operation as [String: Any] in methods.values {
                    for case let response as [String: Any] in (operation["responses"] as? [String: Any] ?? [:]).values {
                        let json = (response["content"] as? [String: Any])?["application/json"] as? [String: Any]
                        let schema = (json?["schema"] as? [String: String])?["$ref"]?.split(separator: "/").last
                        for case let (name, example as [String: Any]) in json?["examples"] as? [String: Any] ?? [:] {
                            let bytes = try JSONSerialization.data(withJSONObject: try #require(example["value"]))
                            guard case .object(let object) = try JSONValue(parsing: Array(bytes)) else {
                                Issue.record("\(path) \(name)")
                                continue
                            }
                            // One of several forms: the first is an object's.
                            let forms =
                                try contract.schema(String(try #require(schema)))["oneOf"] as? [[String: Any]]
                            let form = (forms?.first?["$ref"] as? String)?.split(separator: "/").last ?? schema
                            try contract.check(object, String(try #require(form)))
                            if schema == "WeightsResponse" || schema == "LogProbsResponse" {
                                #expect(!(try ScoreResponse(json: Array(bytes)).results.isEmpty))
                            }
                            count += 1
                        }
                    }
                }
            }
            #expect(count >= 8)
        }
    }

    @Test(arguments: Transport.allCases)
    func examplesWork(_ transport: Transport) async throws {
        try await withService(transport) { test in
            var count = 0
            for (path, methods) in try Contract(test).paths {
                for case let (method, operation as [String: Any]) in methods {
                    let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: Any]
                    let json = content?["application/json"] as? [String: Any]
                    for case let (name, example as [String: Any]) in json?["examples"] as? [String: Any] ?? [:] {
                        let body = try JSONSerialization.data(withJSONObject: try #require(example["value"]))
                        let reply = try test.caller.send(
                            method.uppercased(), path, ["Content-Type": "application/json"], Array(body))
                        let responses = operation["responses"] as? [String: Any] ?? [:]
                        let success = responses.keys.first { $0.hasPrefix("2") }
                        #expect(String(reply.status) == success, "\(path) \(name): \(reply.text)")
                        count += 1
                    }
                }
            }
            #expect(count >= 7)
        }
    }

    /// The binary carries the very file at the root of the repository.
    @Test func theFileIsTheOneAtTheRoot() async throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: Program.root + "/openapi.yaml"))
        try await withService(.inProcess) { test in
            let isTheSame = try test.caller.get("/openapi.yaml").body == Array(file)
            #expect(isTheSame)
        }
    }
}
