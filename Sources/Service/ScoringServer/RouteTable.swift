import ScoringAPI

/// Every route of the service. openapi.yaml describes the same ones; a test compares them.
package struct RouteTable: Sendable {
    /// All routes; of those whose path fits, the first with the request's method answers.
    package let routes: [Route]

    package init(_ service: ScoringService) {
        let forms: [ScoreCodec] = [.json, .safetensors, .ndjson]
        let weights = WeightsController(service)
        let logProbs = LogProbsController(service)
        let tokens = TokensController(service)
        let server = ServerController(service)
        let teachers = TeachersController(service)
        let page = PageController()
        let pageRoutes: [Route] =
            PageController.views.map { .page($0, gives: [.html], respond: page.document) }
            + [.page("/page/{file}", gives: [.css, .javaScript, .svg], respond: page.part)]
        let apiRoutes: [Route] = [
            .score(ScoreRoute.weights.rawValue, "weights", speaking: forms, respond: weights.respond),
            .score(ScoreRoute.logProbs.rawValue, "logprobs", speaking: forms, respond: logProbs.respond),
            .post("/v1/tokenize", "tokenize", respond: tokens.tokenize),
            .post("/v1/detokenize", "detokenize", respond: tokens.detokenize),
            .admin("POST", "/v1/teachers", "load_teacher", respond: teachers.load),
            .admin("DELETE", "/v1/teachers/{name}", "drop_teacher", takesBody: false, respond: teachers.drop),
            .admin("PUT", "/v1/default-teacher", "default_teacher", respond: teachers.makeDefault),
            .get("/v1/models", "models", needsModels: true, respond: server.models),
            .get("/info", "info", needsModels: true, respond: server.info),
            .get("/health", "health", needsKey: false, respond: server.health),
            .get("/ready", "ready", needsKey: false, needsModels: true, respond: server.ready),
            .get("/metrics", "metrics", gives: .metrics, respond: server.metrics),
            .get("/openapi.yaml", "openapi", gives: .yaml, respond: server.contract),
        ]
        routes =
            apiRoutes + (service.hasDialects ? Self.dialects(service) : []) + (service.hasPage ? pageRoutes : [])
    }

    /// Routes in the words of other systems, for clients that are written for these.
    private static func dialects(_ service: ScoringService) -> [Route] {
        let dialects = DialectsController(service)
        let tokens = TokensController(service)
        let prompts = FailureBody.dialect(prompts: "prompt")
        return [
            .post("/v1/completions", "completions", respond: dialects.completions).failing(with: prompts),
            .post("/tokenize", "tokenize_vllm", respond: tokens.tokenizeAsVLLM).failing(with: prompts),
            .post("/detokenize", "detokenize_vllm", respond: tokens.detokenizeAsVLLM).failing(with: prompts),
            .get("/tokenizer_info", "tokenizer_info", needsModels: true, respond: tokens.tokenizerInfo)
                .failing(with: prompts),
            .post("/generate", "generate", respond: dialects.generate)
                .failing(with: FailureBody.dialect(prompts: "input_ids")),
        ]
    }

    /// HEAD goes where GET goes.
    func route(method: String, path: String) throws(ServiceError) -> Route {
        let atPath = routes.filter { $0.matches(path) }
        guard !atPath.isEmpty else { throw .notFound(path: path) }
        guard let route = atPath.first(where: { $0.method == (method == "HEAD" ? "GET" : method) }) else {
            throw .methodNotAllowed(
                method: method, allowed: atPath.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] })
        }
        return route
    }
}
