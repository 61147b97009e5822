import HTTPSockets
import Logging
import ScoringAPI

/// POST /v1/teachers, DELETE /v1/teachers/NAME, PUT /v1/default-teacher: for keys that are marked admin.
struct TeachersController: Sendable {
    private let service: ScoringService

    init(_ service: ScoringService) { self.service = service }

    /// Answers when the teacher is ready, or cannot be. A caller that leaves meanwhile changes nothing: the load goes on, and
    /// /v1/models says how it ended.
    func load(_ request: ServiceRequest) throws -> ServiceAnswer {
        let asked = try LoadTeacherRequest(json: request.json())
        guard let loader = service.administration.loader else {
            throw ServiceError.forbidden("The server was started without --models-dir: it keeps the teachers it has.")
        }
        try service.changeTeachers { teachers throws(ServiceError) in try teachers.beginLoading(asked.name) }
        let result = Result { () throws(TeacherLoadError) in
            guard let engine = asked.engine else { return try loader.load(name: asked.name, path: asked.path) }
            return try loader.load(name: asked.name, path: asked.path, engine: engine)
        }
        service.withTeachers { $0.finishLoading(asked.name, result) }
        do {
            let models = try result.get()
            note("teacher loaded", asked.name, request)
            return .json(models.teacherInfo(isDefault: false).json(), status: 201)
        } catch {
            throw ServiceError.teacherNotLoaded(error)
        }
    }

    func drop(_ request: ServiceRequest) throws -> ServiceAnswer {
        let name = request.pathParameter ?? ""
        let (dropped, left) = try service.changeTeachers { teachers throws(ServiceError) in
            (try teachers.drop(name), teachers.statuses)
        }
        note(dropped == nil ? "failed teacher forgotten" : "teacher dropped", name, request)
        return .json(TeachersResponse(teachers: left).json())
    }

    func makeDefault(_ request: ServiceRequest) throws -> ServiceAnswer {
        let asked = try DefaultTeacherRequest(json: request.json())
        let teachers = try service.changeTeachers { teachers throws(ServiceError) in
            try teachers.makeDefault(asked.name)
            return teachers.statuses
        }
        note("default teacher switched", asked.name, request)
        return .json(TeachersResponse(teachers: teachers).json())
    }

    private func note(_ event: Logger.Message, _ name: String, _ request: ServiceRequest) {
        service.logger.notice(
            event, metadata: ["name": "\(name)", "key": "\(request.key?.name ?? "none")", "id": "\(request.id)"])
    }
}
