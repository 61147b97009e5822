import HTTPClient

/// How an engine that computes elsewhere is used.
package struct EngineSettings: Sendable {
    /// The servers, all of one kind: replicas of one model.
    package var addresses: [EngineAddress]
    /// The model's name at the engine; nil where it serves only one.
    package var model: String?
    /// Key that is sent with every request; nil for none.
    package var apiKey: APIKey?
    /// PEM file of the authorities to trust instead of the system's.
    package var caFile: String?
    /// What the operator declares the weights to be; nil where their bytes say it, or the engine's checksum.
    package var declaredWeights: String?
    /// What else decides the numbers and no server says: quantization, parallelism.
    package var label: String
    /// Time between two looks at the canaries.
    package var checkEvery: Duration
    /// Most requests at one URL at a time. 1 or more.
    package var maxInFlight: Int
    /// Longest time for one request.
    package var timeout: Duration

    package init(
        addresses: [EngineAddress], model: String? = nil, apiKey: APIKey? = nil, caFile: String? = nil,
        declaredWeights: String? = nil, label: String = "", checkEvery: Duration = .seconds(600),
        maxInFlight: Int = 256, timeout: Duration = .seconds(600)
    ) {
        precondition(maxInFlight >= 1 && !addresses.isEmpty, "an engine has a URL and takes a request")
        self.addresses = addresses
        self.model = model
        self.apiKey = apiKey
        self.caFile = caFile
        self.declaredWeights = declaredWeights
        self.label = label
        self.checkEvery = checkEvery
        self.maxInFlight = maxInFlight
        self.timeout = timeout
    }
}
